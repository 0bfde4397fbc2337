# shellcheck shell=sh
# shellcheck disable=SC2154 # the caller sets $dir
# Sourced by tests that search for secrets. $dir/pieces holds the pieces to be found, one a line.

# A piece of a secret long enough to be none of chance: 16 bytes of it.
pieces() { # key log: the last 32 digits of each line
	sed -n 's/^[A-Z0-9_]* [0-9a-f]* .*\([0-9a-f]\{32\}\)$/\1/p' "$1"
}

holds() { # file: does it hold a piece, as digits of any case or as bytes?
	tr -d '\n' <"$1" | grep -qaiFf "$dir/pieces" && return 0
	od -An -v -tx1 "$1" | tr -d ' \n' | grep -qFf "$dir/pieces"
}
