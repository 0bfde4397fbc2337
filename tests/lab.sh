# Sourced by test scripts: a span port in network namespaces of our own. An engine and a controller hang on a
# switch that floods every frame to all ports; what its third port delivers is what an analyser on a span port
# sees. Needs root, ip and ethtool.
#
#   lab_make    makes it and the folder $lab_dir, or prints "SKIPPED: reason" and ends the script with 0. A trap
#               of the shell removes both at the end, also of a script that fails or is interrupted
#   lab_in NAME COMMAND            runs a command in the namespace NAME: engine, controller, switch or analyser
#   lab_start NAME FILE COMMAND    the same in the background; its output goes to FILE, its pid to $lab_pid
#   lab_end PID [SIGNAL]           ends one of these; lab_wait PID waits for its own end. Both give its exit status
#   lab_wait_for TEXT FILE [SECONDS]    until the file holds the text; false when it does not in time (60)
#   lab_counted FILE OUT IN        echoes and messages that a simulator counted
#
# Namespace   interface         address
# engine      lab0              10.10.20.5/16
# controller  lab0              10.10.30.10/16
# analyser    lab0              none: everything that the switch floods arrives here
# switch      lab-engine, lab-controller, lab-mirror: the ports of the bridge lab-br; what is sent out at lab-mirror
#             reaches the analyser alone (tests/tools/inject)
#
# The link of a port goes down and up with: lab_in analyser ip link set lab0 down

lab_engine=10.10.20.5
lab_controller=10.10.30.10
lab_names='engine controller switch analyser'
NMSPSCOPE_LAB=
lab_started=

lab_skip() {
	echo "SKIPPED: $1"
	exit 0
}

lab_in() { # name, command...
	lab_namespace=$NMSPSCOPE_LAB-$1
	shift
	ip netns exec "$lab_namespace" "$@"
}

lab_start() { # name, file, command...
	lab_output=$2
	lab_namespace=$NMSPSCOPE_LAB-$1
	shift 2
	ip netns exec "$lab_namespace" "$@" >"$lab_output" 2>&1 &
	lab_pid=$!
	lab_started="$lab_started $lab_pid"
	# lab_remove knows a process by its namespace, which it enters a moment after it has begun.
	lab_tries=500
	while kill -0 "$lab_pid" 2>/dev/null && ! ip netns pids "$lab_namespace" | grep -qx "$lab_pid"; do
		lab_tries=$((lab_tries - 1))
		[ "$lab_tries" -gt 0 ] || { lab_end "$lab_pid" KILL; return 1; }
		sleep 0.02
	done
}

# What has been waited for is nobody's process any more.
lab_wait() { # pid
	lab_others=
	for lab_process in $lab_started; do
		[ "$lab_process" = "$1" ] || lab_others="$lab_others $lab_process"
	done
	lab_started=$lab_others
	wait "$1"
}

lab_end() { # pid, [signal]
	kill -s "${2:-TERM}" "$1" 2>/dev/null
	lab_wait "$1"
}

lab_wait_for() { # text, file, [seconds]
	lab_tries=$((${3:-60} * 10))
	while ! grep -qs "$1" "$2"; do
		lab_tries=$((lab_tries - 1))
		[ "$lab_tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

lab_counted() { # what a simulator printed, what it sent (out for an engine), what it received: as report_facts brief says it
	sed -n "s/.*echoes \([0-9]*\) of \([0-9]*\), messages sent \([0-9]*\), received \([0-9]*\)\$/echo \2\/\1 $2 \3 $3 \4/p" "$1"
}

lab_remove() {
	[ -n "$NMSPSCOPE_LAB" ] || return 0
	for lab_signal in TERM KILL; do
		lab_pids=$(for lab_name in $lab_names; do ip netns pids "$NMSPSCOPE_LAB-$lab_name"; done 2>/dev/null)
		[ -n "$lab_pids" ] || break
		# shellcheck disable=SC2086
		kill -s "$lab_signal" $lab_pids 2>/dev/null
		sleep 0.3
	done
	for lab_process in $lab_started; do
		wait "$lab_process" 2>/dev/null
	done
	lab_started=
	for lab_name in $lab_names; do
		ip netns del "$NMSPSCOPE_LAB-$lab_name" 2>/dev/null
	done
	NMSPSCOPE_LAB=
	rm -rf "$lab_dir"
}

# Segments as they would be on a cable: no segmentation or checksums left to the interface. No IPv6 chatter.
lab_plain() { # name, interface
	lab_in "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1 &&
	    lab_in "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6" 2>/dev/null
}

lab_port() { # namespace at the other end, port of the switch, MTU
	ip -n "$NMSPSCOPE_LAB-switch" link add "lab-$2" mtu "$3" type veth peer name lab0 mtu "$3" \
	    netns "$NMSPSCOPE_LAB-$1" &&
	    lab_plain switch "lab-$2" && lab_plain "$1" lab0 &&
	    lab_in switch ip link set "lab-$2" master lab-br && lab_in switch ip link set "lab-$2" up &&
	    lab_in "$1" ip link set lo up && lab_in "$1" ip link set lab0 up
}

lab_build() {
	for lab_name in $lab_names; do
		ip netns add "$NMSPSCOPE_LAB-$lab_name" || return 1
	done
	# ageing 0: the bridge learns no address, so it floods. No snooping and no delay before a port forwards.
	lab_in switch ip link add lab-br type bridge ageing_time 0 forward_delay 0 mcast_snooping 0 &&
	    lab_in switch sh -c 'echo 1 >/proc/sys/net/ipv6/conf/lab-br/disable_ipv6' &&
	    lab_in switch ip link set lab-br up &&
	    lab_port engine engine 1500 && lab_port controller controller 1500 &&
	    lab_port analyser mirror 9000 && # tunnels add to a frame
	    lab_in engine ip address add $lab_engine/16 dev lab0 &&
	    lab_in controller ip address add $lab_controller/16 dev lab0 &&
	    lab_in switch ethtool -k lab-mirror | grep -q 'tcp-segmentation-offload: off'
}

lab_make() {
	command -v ip >/dev/null || lab_skip 'ip is not installed'
	command -v ethtool >/dev/null || lab_skip 'ethtool is not installed'
	[ "$(id -u)" -eq 0 ] || lab_skip 'network namespaces need root'
	export NMSPSCOPE_LAB="lab$$"
	lab_dir=$(mktemp -d)
	trap lab_remove EXIT
	trap 'exit 1' INT TERM HUP
	lab_reason=$(lab_build 2>&1) && return 0
	lab_skip "no network namespaces, or no veth and bridge in them: $(echo "$lab_reason" | head -n 1)"
}
