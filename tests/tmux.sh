# Sourced by test scripts that look at the real program on a real terminal: one of tmux, 80x24, in the folder $dir, which
# goes away at the end. SKIPPED without tmux.
#
#   start COMMAND    runs it; ends STATUS waits for its end, and that the terminal is as it was
#   keys KEY...      types; shows REGEX waits until the screen shows it, 10 s at most
#   fail MESSAGE     counts a failure; $checks and $failed count
#   on WORDS         a command of tmux

command -v tmux >/dev/null || { echo "SKIPPED: there is no tmux"; exit 0; }
dir=$(mktemp -d) || exit 2
unset SSLKEYLOGFILE TMUX
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
checks=0
failed=0
runs=0

on() { # words of tmux
	tmux -S "$dir/socket" -f /dev/null "$@"
}

trap 'on kill-server 2>/dev/null; rm -rf "$dir"' EXIT

fail() { # message
	failed=$((failed + 1))
	echo "FAIL $1"
	on capture-pane -p | sed 's/^/     |/'
}

shows() { # extended regex that the screen must show within 10 s
	checks=$((checks + 1))
	tries=0
	until on capture-pane -p | grep -qE -- "$1"; do
		tries=$((tries + 1))
		[ "$tries" -gt 100 ] && { fail "the screen does not show: $1"; return; }
		sleep 0.1
	done
}

keys() {
	on send-keys "$@"
}

# The shell prints how the command ended; the terminal's settings are those from before.
start() { # command
	runs=$((runs + 1))
	keys "clear; stty -g >$dir/before; $1; echo run $runs ended \$?; stty -g >$dir/after" Enter
}

ends() { # status
	shows "^run $runs ended $1\$"
	sleep 0.1
	checks=$((checks + 1))
	cmp -s "$dir/before" "$dir/after" || fail 'the settings of the terminal have changed'
	rm -f "$dir/after"
}

on new-session -d -x 80 -y 24 'env TZ=UTC LC_ALL=C.UTF-8 PS1="$ " bash --norc --noprofile -i' || exit 2
on set-option -g status off
on resize-window -x 80 -y 24 2>/dev/null
