/* What the manual page says beside the tables; see manual.h. */
#include "ui/manual.h"

const struct manual_row manual_rows[] = {
    {MANUAL_SECTION, .word = "NAME"},
    {MANUAL_PARAGRAPH, .text = "nmspscope - who rejected whom in an NMSP session, why, and what to type"},

    {MANUAL_SECTION, .word = "SYNOPSIS"},
    {MANUAL_PARAGRAPH, .text = "`nmspscope` `-r` FILE... [`-t` FILE]... [`-a` FILE]... [options] [filter]"},
    {MANUAL_PARAGRAPH, .text = "`nmspscope` `-i` IFACE... [`-a` FILE]... [options] [filter]"},
    {MANUAL_PARAGRAPH, .text = "`nmspscope` `-t` FILE... [`-a` FILE]... [options]"},
    {MANUAL_PARAGRAPH, .text = "`nmspscope` `-a` FILE `-a` FILE"},

    {MANUAL_SECTION, .word = "DESCRIPTION"},
    {MANUAL_PARAGRAPH, .text = "A wireless controller (WLC, Catalyst 9800) and a location engine (MSE, CMX, "
                               "DNA Spaces Connector) talk "
                               "NMSP over TLS on TCP port 16113, or over DTLS on the UDP port. When the session stays inactive, nmspscope "
                               "says who rejected whom, at "
                               "which step and why, with packet or line numbers as evidence, and what to "
                               "type. It reads packet captures, "
                               "a span port, or the debug trace that the controller printed. It needs no key "
                               "for that; with a TLS key log "
                               "it shows the NMSP messages, too."},
    {MANUAL_PARAGRAPH, .text = "On a terminal it opens a screen, else it prints a report. Everything in both "
                               "is measured, or marked as "
                               "inferred or assumed."},

    {MANUAL_SECTION, .word = "EXAMPLES"},
    {MANUAL_PARAGRAPH,
     .text = "A capture on the screen: the cause stands below the list, `3` shows the handshake, "
             "`q` goes back and leaves."},
    {MANUAL_EXAMPLE, .text = "nmspscope -r capture.pcapng"},
    {MANUAL_PARAGRAPH,
     .text = "The same as a report, with the controller's AuthList (the output of \"show "
             "running-config\" or \"show auth-list\", pasted whole) to compare the engine's key with:"},
    {MANUAL_EXAMPLE, .text = "nmspscope -r capture.pcapng -a authlist.txt -o text"},
    {MANUAL_PARAGRAPH,
     .text = "No capture: a debug trace of the controller, or the AuthLists of both sides compared."},
    {MANUAL_EXAMPLE, .text = "nmspscope -t trace.txt\nnmspscope -a mse.txt -a wlc.txt"},
    {MANUAL_PARAGRAPH,
     .text = "Live on a span port: the screen; for weeks, a JSON line for each change; and the newest "
             "1000 MB of NMSP kept in ten files meanwhile."},
    {MANUAL_EXAMPLE, .text = "sudo nmspscope -i eth1\n"
                             "sudo nmspscope -i eth1 -o jsonl >>nmsp.jsonl\n"
                             "sudo nmspscope -i eth1 -o jsonl -w ring -C 100 -W 10 >>nmsp.jsonl"},
    {MANUAL_PARAGRAPH, .text = "A span port that is elsewhere:"},
    {MANUAL_EXAMPLE, .text = "ssh span-host sudo tcpdump -i eth1 -U -w - port 16113 |\n    nmspscope -r -"},
    {MANUAL_PARAGRAPH, .text = "Only the sessions of one engine that failed, for a program:"},
    {MANUAL_EXAMPLE,
     .text = "nmspscope -r capture.pcapng -o json \\\n    --filter 'engine=10.10.20.5 state=failed'"},

    {MANUAL_SECTION, .word = "OPTIONS"},
    {MANUAL_TABLE, .table = MANUAL_OPTIONS},
    {MANUAL_PARAGRAPH,
     .text = "The words behind the options are a capture filter as in pcap-filter(7), without `ether`, "
             "`vlan` and names of "
             "hosts. It is about the innermost packet, when all VLAN tags and tunnels are taken off."},

    {MANUAL_SECTION, .word = "FILTER"},
    {MANUAL_PARAGRAPH, .text = "`--filter` limits reports and the screen to the sessions for which an "
                               "expression holds. A term is a field, "
                               "an operator and a value. A space between terms is \"and\", `|` is \"or\", "
                               "`!` is \"not\", and parentheses "
                               "group. `~` means \"contains\"; the case of letters does not matter. A value "
                               "with blanks stands in double "
                               "quotes. What is not known is the empty text, and no number. A field with "
                               "several values holds when one of "
                               "them does."},
    {MANUAL_EXAMPLE, .text = "state=failed engine~10.1.\n"
                             "severity>=warning | auth!=match\n"
                             "version<TLSv1.2 !(finding=capture-midstream)"},
    {MANUAL_TABLE, .table = MANUAL_FILTER},

    {MANUAL_SECTION, .word = "SCREEN"},
    {MANUAL_PARAGRAPH,
     .text = "There are seven screens, reached by their digits. Those of a session show the one that is "
             "chosen on the first."},
    {MANUAL_ITEM, .word = "`1 Sessions`",
     .text = "all sessions, the gravest finding of each, and the cause of the chosen one"},
    {MANUAL_ITEM, .word = "`2 Status`",
     .text = "summary, services, messages and echoes, as on the engine's NMSP status page"},
    {MANUAL_ITEM, .word = "`3 Handshake`",
     .text = "who sent what when, alerts, silences, and the controller's own states"},
    {MANUAL_ITEM, .word = "`4 AuthList`",
     .text = "the engine's certificate and hashes, the entries near it, the lines to paste"},
    {MANUAL_ITEM, .word = "`5 Messages`", .text = "the NMSP messages one by one, with fields and bytes"},
    {MANUAL_ITEM, .word = "`6 Findings`",
     .text = "all findings with evidence and advice, and the vendor's checklist"},
    {MANUAL_ITEM, .word = "`7 Capture`", .text = "what was read, and whether it can be trusted"},
    {MANUAL_ITEM, .word = "`= Compare`",
     .text = "two sessions that were marked, side by side, with a sign in front of what differs"},
    {MANUAL_PARAGRAPH,
     .text = "Held still by `p`, the screens show a copy of all sessions, which takes as much memory as "
             "these; where `--memory` leaves no room for it, there is no pause. Lists of a live capture keep "
             "to their end until one goes up."},
    {MANUAL_TABLE, .table = MANUAL_KEYS},
    {MANUAL_PARAGRAPH,
     .text = "What `s` saves gets its name when it is complete. It goes to the current folder or below, by the "
             "user that the program has become (`-Z`), and over an older file only after y. Packets are read "
             "again from files. Of interfaces and pipes those of sessions are kept for it in temporary files, "
             "256 MiB at most: the oldest leave first, handshakes with their session, and what is gone is "
             "said. No secret is ever saved. In messages as comma-separated values a captured text that a "
             "spreadsheet would take for a formula has an apostrophe in front."},

    {MANUAL_SECTION, .word = "OUTPUT"},
    {MANUAL_ITEM, .word = "`ui`",
     .text = "the screen; keys come from the terminal also when the capture is standard input"},
    {MANUAL_ITEM, .word = "`text`", .text = "a report for people, 80 columns wide"},
    {MANUAL_ITEM, .word = "`json`",
     .text = "the same as one object, whose shape never depends on what was read: lists are "
             "always lists, what is unknown is null; times in UTC"},
    {MANUAL_ITEM, .word = "`jsonl`",
     .text = "a JSON object a line for each change of a session's state, decision, verdict or "
             "finding, and summaries; its keys are those of json"},
    {MANUAL_PARAGRAPH, .text = "Complaints and progress go to standard error."},

    {MANUAL_SECTION, .word = "FINDINGS"},
    {MANUAL_PARAGRAPH,
     .text = "A finding cites packets or lines, and is silent where the evidence is missing. A fault "
             "of the list, or of a certificate's date, is only a warning where the controller accepted "
             "all the same."},
    {MANUAL_TABLE, .table = MANUAL_FINDINGS},

    {MANUAL_SECTION, .word = "EXIT STATUS"},
    {MANUAL_ITEM, .word = "`0`", .text = "analysed, and no finding is an error"},
    {MANUAL_ITEM, .word = "`1`", .text = "analysed, and at least one finding is an error"},
    {MANUAL_ITEM, .word = "`2`",
     .text = "could not run, could not read one of the inputs, or could not write; a line on "
             "standard error names the thing and the cure"},

    {MANUAL_SECTION, .word = "ENVIRONMENT"},
    {MANUAL_ITEM, .word = "`SSLKEYLOGFILE`",
     .text = "the TLS key log that is read when `-k` is not given; ignored when there is none"},
    {MANUAL_ITEM, .word = "`NO_COLOR`", .text = "set and not empty: no colour; none carries a meaning alone"},
    {MANUAL_ITEM, .word = "`TERM`",
     .text = "the terminal; with dumb, or unset, there is the report in place of the screen"},
    {MANUAL_ITEM, .word = "`LC_ALL`, `LC_CTYPE`, `LANG`",
     .text = "without UTF-8 in them, output is ASCII, as with `--ascii`"},
    {MANUAL_ITEM, .word = "`TMPDIR`",
     .text = "the folder for temporary files; without it `/var/tmp` or `/tmp`"},
    {MANUAL_ITEM, .word = "`TZ`", .text = "the time zone of times, but with `-u`"},
    {MANUAL_ITEM, .word = "`SUDO_UID`, `SUDO_GID`",
     .text = "whom the program becomes when root started it by sudo"},

    {MANUAL_SECTION, .word = "FILES"},
    {MANUAL_PARAGRAPH,
     .text = "There is no configuration file. Read are pcap and pcapng, also gzipped; AuthList texts of "
             "IOS-XE, AireOS, MSE and CMX, lines \"MAC HASH\", and PEM certificates; key logs in the NSS "
             "format; private RSA keys in PEM; debug traces as pasted, also damaged. What `-w` writes is pcapng, readable at any "
             "moment; with `--with-secrets` only by its owner."},

    {MANUAL_SECTION, .word = "SIGNALS"},
    {MANUAL_ITEM, .word = "`SIGUSR1`",
     .text = "live: a status line on standard error, and with `-o text` and `-o json` the report so far"},
    {MANUAL_ITEM, .word = "`SIGINT`, `SIGTERM`, `SIGHUP`",
     .text = "end: files are complete, the report is printed or the terminal restored; without a screen a "
             "second one "
             "ends at once"},
    {MANUAL_ITEM, .word = "`SIGTSTP`", .text = "Ctrl-Z on the screen: the terminal is given back until fg"},

    {MANUAL_SECTION, .word = "SECURITY"},
    {MANUAL_PARAGRAPH, .text = "What is read may have been sent by anybody. So everything is opened first, "
                               "then all rights are given up, and only "
                               "then the first byte is read: root becomes another user (`-Z`), no capability "
                               "is left or can be gained, no core "
                               "is dumped, Landlock limits which files can be opened or made, and seccomp "
                               "ends the program at execve, socket, "
                               "connect and ptrace. `-V` prints what is in force. No name is resolved, and "
                               "captured text cannot move the "
                               "cursor."},
    {MANUAL_PARAGRAPH, .text = "To capture without root, once:"},
    {MANUAL_EXAMPLE, .text = "sudo setcap cap_net_raw,cap_net_admin=eip \"$(command -v nmspscope)\""},

    {MANUAL_SECTION, .word = "LIMITS"},
    {MANUAL_PARAGRAPH,
     .text =
         "No wire format of NMSP is published: names that only the framing profile gives are marked assumed. "
         "Certificates in TLS 1.3, and all behind the handshake, are encrypted: the report says what a key "
         "would "
         "add. `-i` and `-r` do not go together."},

    {MANUAL_SECTION, .word = "SEE ALSO"},
    {MANUAL_PARAGRAPH, .text = "tcpdump(8), tshark(1), openssl-s_client(1), pcap-filter(7)"},
};

const size_t manual_n_rows = sizeof manual_rows / sizeof manual_rows[0];
