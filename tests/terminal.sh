# shellcheck shell=sh
# Sourced by tests that need a real terminal: a shell in tmux, what it shows, and how a command in it ended.
#
#   terminal_make COLUMNS ROWS   makes it and the folder $dir, or prints "SKIPPED: reason" and ends the script with 0
#   on WORDS                     a command of tmux
#   keys WORDS                   types them, as tmux names keys
#   shows REGEX                  until the screen shows it, a minute at most; hides REGEX until it does not
#   start COMMAND                runs it in the shell, which notes how it ended, and the settings of the terminal
#   ends STATUS                  until it has ended so; the settings must be those from before
#   check TEST...                a check of one's own: a command that must succeed
#   fail MESSAGE                 counts a failure and prints the screen
#   terminal_end NAME            prints the sums, and gives the exit status
checks=0
failed=0
runs=0

terminal_make() { # columns, rows
	command -v tmux >/dev/null || { echo "SKIPPED: there is no tmux"; exit 0; }
	dir=$(mktemp -d) || exit 2
	unset SSLKEYLOGFILE TMUX
	export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
	trap 'on kill-server 2>/dev/null; rm -rf "$dir"' EXIT
	on new-session -d -x "$1" -y "$2" 'env TZ=UTC LC_ALL=C.UTF-8 PS1="$ " bash --norc --noprofile -i' || exit 2
	on set-option -g status off
	on resize-window -x "$1" -y "$2" 2>/dev/null
}

on() { # words of tmux
	tmux -S "$dir/socket" -f /dev/null "$@"
}

fail() { # message
	failed=$((failed + 1))
	echo "FAIL $1"
	on capture-pane -p | sed 's/^/     |/'
}

check() { # what, command
	checks=$((checks + 1))
	what=$1
	shift
	"$@" || fail "$what"
}

seen() { # extended regex
	on capture-pane -p | grep -qE -- "$1"
}

shows() { # extended regex that the screen must show within a minute
	checks=$((checks + 1))
	tries=0
	until seen "$1"; do
		tries=$((tries + 1))
		[ "$tries" -gt 600 ] && { fail "the screen does not show: $1"; return; }
		sleep 0.1
	done
}

hides() { # extended regex that must have left the screen within a minute
	checks=$((checks + 1))
	tries=0
	while seen "$1"; do
		tries=$((tries + 1))
		[ "$tries" -gt 600 ] && { fail "the screen still shows: $1"; return; }
		sleep 0.1
	done
}

keys() {
	on send-keys "$@"
}

# The shell prints how the command ended; the terminal's settings are those from before.
start() { # command
	runs=$((runs + 1))
	rm -f "$dir/after"
	keys "clear; stty -g >$dir/before; $1; echo run $runs ended \$?; stty -g >$dir/after.new; mv $dir/after.new $dir/after" Enter
}

ends() { # status
	shows "^run $runs ended $1\$"
	tries=0
	while [ ! -s "$dir/after" ] && [ $tries -lt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	check 'the settings of the terminal have changed' cmp -s "$dir/before" "$dir/after"
}

terminal_end() { # name
	echo "$1: $checks checks, $failed failed"
	[ "$failed" -eq 0 ]
}
