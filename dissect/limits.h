/*
 * Every cap that traffic, a file, a certificate or a list can reach. Reaching one is counted and reported
 * as the finding limit-reached, unless the comment says what happens instead.
 */
#ifndef DISSECT_LIMITS_H
#define DISSECT_LIMITS_H

/* One packet and one file. */
#define LIMIT_TUNNELS      8              /* tags and tunnels stripped from one packet; deeper ones are counted */
#define LIMIT_IP6_HEADERS  8              /* IPv6 extension headers followed; more: the packet is malformed */
#define LIMIT_PACKET       (256 * 1024)   /* captured bytes of one packet; larger means a damaged file */
#define LIMIT_EARLY_SECRETS (4 << 20)     /* bytes of key logs in front of a file's first packet; more: counted */
#define LIMIT_INTERFACES   1024           /* pcapng interfaces in one section; more: damaged file */

/* IP fragments: the oldest incomplete packet is dropped. */
#define LIMIT_FRAGMENTED       64          /* packets being put together at a time */
#define LIMIT_FRAGMENT_PIECES  64          /* fragments of one packet */
#define LIMIT_FRAGMENT_BYTES   (1 << 20)   /* bytes held in all */
#define LIMIT_FRAGMENT_SECONDS 30          /* an incomplete packet is dropped (RFC 791: 15 s, RFC 8200: 60 s) */
#define LIMIT_SAVE_WAITING     (4 << 20)   /* bytes of raw frames that wait for their IP packet, with -w */

/* TCP, and DTLS over UDP: bytes that came out of order; at the cap the hole in front of them becomes a gap at once. */
#define LIMIT_HELD_FLOW (2 << 20)   /* bytes of one connection */
#define LIMIT_HELD_ALL  (16 << 20)  /* bytes of all connections */
#define GAP_PACKETS     64          /* a hole is given up after so many packets of its connection ... */
#define GAP_SECONDS     1           /* ... or so much capture time (design.md section 4) */
#define LIMIT_PORTS     16          /* values of --port */

/* TLS. A larger message is skipped by its length, and its step is kept. */
#define LIMIT_RECORD    (13 + (1 << 14) + 2048) /* a TLS or DTLS record, RFC 5246 section 6.2.3, RFC 6347 section 4.1 */
#define LIMIT_HANDSHAKE (128 * 1024)            /* a handshake message that is put together */
#define LIMIT_DTLS_AHEAD 64                     /* handshake messages behind the one that is missing; more: not well formed */
#define LIMIT_GAP_TRIES 65536                   /* numbers tried for a record behind a gap; more are lost: decryption_detail */
#define LIMIT_GAP_WORK  (16 << 20)              /* bytes deciphered in such tries for one connection, and ... */
#define LIMIT_GAP_WORK_ALL (512 << 20)          /* ... for all; what stays closed then: decryption_detail, no finding */
#define LIMIT_GAP_UPDATES 4                     /* KeyUpdates that one gap may hide; more: decryption_detail */
#define LIMIT_GAP_DOUBTS  4                     /* damaged records of TLS 1.3 in a row, one of which may be a KeyUpdate; more: refused */
#define GAP_WORK_EARNED 8                       /* more of both for each byte that comes */
#define LIMIT_RESUMED_TRIES 4096                /* master secrets tried for a session that resumes an unknown one, and ... */
#define LIMIT_RESUMED_TRIES_ALL (128 * 1024)    /* ... for all; what stays closed then: decryption_detail, no finding */
#define RESUMED_TRY_EARNED 4096                 /* captured bytes that allow one more of the latter */
#define LIMIT_CHAIN     10                      /* certificates read of one certificate message */
#define LIMIT_CHAINS    (2 * LIMIT_CHAIN)       /* certificates kept of one session */

#define LIMIT_DER_DEPTH 24                      /* levels of a certificate that --redact looks into; deeper ones are
                                                   blanked, no finding */
#define LIMIT_REDACT_STREAM  (512 * 1024)       /* bytes of one handshake that -w with --redact reads; more: blank */
#define LIMIT_REDACT_MESSAGES 128               /* handshake messages of a DTLS association, likewise */
#define LIMIT_REDACT_STREAMS 8192               /* directions that it follows: the one heard longest ago leaves */
#define LIMIT_REDACT_PACKETS 256                /* packets that wait for the rest of a handshake message, */
#define LIMIT_REDACT_BYTES   (4 << 20)          /* and their bytes; beyond them it is blanked, no finding */
#define LIMIT_OFFERED   24                      /* cipher suites kept of a ClientHello; all are counted, no finding */
#define LIMIT_TOLD       32   /* values kept of any other list of a hello or a request; all are counted, no finding */
#define LIMIT_TOLD_NAME  255  /* bytes kept of its host name (RFC 1035), and of its protocol names */
#define LIMIT_TOLD_NAMES 2048 /* bytes kept of the CA names of a request, whole ones; all are counted, no finding */

/* Hosts and pairs of them: the ones heard longest ago leave first. */
#define LIMIT_CLOCK_HOSTS 4096   /* hosts whose hellos tell the time */
#define LIMIT_PAIRS       20000  /* pairs of hosts; not below LIMIT_SESSIONS: a pair with a session stays */

/* Keys and NMSP messages. */
#define LIMIT_SECRETS          (2 * 1000 * 1000) /* secrets of all key logs, unless less is set: the oldest leave */
#define LIMIT_SECRETS_ALIKE    4                 /* different secrets of one label and random; more: decryption_detail */
#define LIMIT_FOLLOWED         (1 << 20)         /* bytes of a followed key log read at a time; the rest waits, no finding */
#define LIMIT_PREMASTER        1024              /* bytes of a premaster secret: Diffie-Hellman of 8,192 bits; longer: rubbish */
#define LIMIT_ENCRYPTED_PREMASTER 2048           /* bytes: RSA of 16,384 bits, the most that OpenSSL computes */
#define LIMIT_FOLLOWED_SECRETS 65536             /* secrets that followed from others: the oldest leave, no finding */
#define LIMIT_WAITING          (256 * 1024)      /* ciphertext of one connection that waits for a late key: the oldest ... */
#define LIMIT_WAITING_ALL      (16 << 20)        /* ... and of all; what falls out: decryption_detail, no finding */
#define LIMIT_PROFILE_BYTES    (256 * 1024)      /* a profile file */
#define LIMIT_PROFILE_MESSAGES 256               /* message lines of a profile */
#define LIMIT_PROFILE_ELEMENTS 256               /* element lines of a profile */
#define LIMIT_FIELDS           256               /* fields of one message that are listed */
#define LIMIT_GROUPS           8                 /* elements inside each other; deeper ones are bytes, no finding */
#define LIMIT_NMSP_MESSAGE     (256 * 1024)      /* a longer one is taken for a wrong framing */

/* NMSP messages of a session. What is kept of them makes room for newer ones: counts stay, no finding. */
#define LIMIT_FRAMING_HOLD   (16 * 1024)  /* bytes held until the framing is decided */
#define LIMIT_FRAMING_WAITING (4 << 20)   /* ... and of all sessions whose framing may yet be learned: the oldest leave */
#define LIMIT_LEARN_INPUTS   16           /* sessions that a framing is learned from together */
#define LIMIT_LEARNED_PROFILES 4          /* framings that a run learns; more are not looked for, no finding */
#define LIMIT_LEARN_TRIES    1024         /* times that a run asks the learner; then framings stay unknown, no finding */
#define LIMIT_LEARN_MESSAGES 256          /* messages of one part of a direction that it is learned from */
#define LIMIT_LEARN_PARTS    4            /* parts of a direction, between its gaps, that it is learned from */
#define LIMIT_LEARN_STEPS    (8 << 20)    /* messages tried in all ways to cut the data; then it is not learned, no finding */
#define LIMIT_MESSAGE_TYPES  64           /* message types counted one by one; others are counted together */
#define LIMIT_MESSAGES_BYTES (64 * 1024)  /* messages kept of one session; of a longer one only the header */
#define LIMIT_MESSAGES_ALL   (16 << 20)   /* messages kept of all sessions */
#define LIMIT_WATCHED        (64 * 1024)  /* bytes behind an open message; beyond them its length is believed */
#define LIMIT_MALFORMED      16           /* notes on malformed messages kept of one session: the first ones */
#define LIMIT_MASKS          16           /* changes of capabilities, and subscriptions, kept of one session */
#define LIMIT_ECHO_PENDING   32           /* echo requests that wait; the oldest is given up as missed */
#define LIMIT_ECHO_LINE      100          /* latest echoes kept one by one; all are counted, no finding */

/* What sizes and times of closed records tell: more is counted together or looked at no more, no finding. */
#define LIMIT_INFER_SIZES    64           /* sizes of a session's records counted one by one */
#define LIMIT_INFER_PAIRS    32           /* of a size asked and a size answered that are followed at a time */
#define LIMIT_INFER_BEATS    128          /* latest requests and responses of such a pair */

/* Sessions: beyond the cap healthy closed ones leave first, failed ones last (rank.h); their counts stay. */
#define LIMIT_SESSIONS     20000
#define LIMIT_FAILURES     4     /* failed sessions of a pair that leave last, the latest: session-flapping needs 3 */
#define LIMIT_FAILED_PART  4     /* failed ones are sure of one part in so many; with more they leave before open ones */
#define LIMIT_YOUNG_PART   16    /* those without data, and those whose handshake goes on, each of one in so many */
#define LIMIT_STEPS        96    /* handshake steps kept of one session (renegotiation) */
#define LIMIT_ALERTS       16    /* alerts kept of one session */
#define LIMIT_SYNS         8     /* times of SYN segments kept of one session; all are counted, no finding */
#define LIMIT_ICMP         4     /* ICMP errors kept of one session: the first ones say it all, no finding */
#define LIMIT_CERTIFICATES 4096  /* different certificates kept; the ones no session uses leave first */
#define LIMIT_CERTIFICATE_BYTES  (16 * 1024) /* DER kept of one, for saving; of a longer one only the facts, no finding */
#define LIMIT_CERTIFICATES_BYTES (16 << 20)  /* ... of all of them; the same */

/* Debug traces of a controller. */
#define LIMIT_WRAPPED         512 /* bytes of a wrapped line put together; the rest stands alone, no finding */
#define LIMIT_TRACE_EVENTS    96  /* events of one session that are kept, callbacks included */
#define LIMIT_TRACE_MESSAGES  32  /* names of NMSP messages counted one by one, of one session */
#define LIMIT_TRACE_SURE_EVENTS   32  /* events that each session may keep; more: as far as all have room */
#define LIMIT_TRACE_SURE_MESSAGES 8   /* names that each session may keep; both are powers of two */
#define LIMIT_TRACE_ALL           (8 << 20) /* bytes of events and names beyond these, of all sessions */
#define LIMIT_TRACE_PROCESSES 64  /* processes whose connections are followed at a time; the oldest leaves */
#define LIMIT_TRACE_TEXT      48  /* bytes kept of a state's text or a message's name; cut, no finding */
#define LIMIT_TRACE_NOTES     64  /* lines kept that were not understood; all are counted, no finding */
#define LIMIT_TRACE_NOTE      160 /* bytes kept of such a line; cut, no finding */
#define LIMIT_TRACE_RANGES    8   /* ranges of lost lines that are named; all are counted, no finding */
#define LIMIT_TRACE_KNOWN     (1 << 20) /* lines remembered to know them again; older ones leave, no finding */
#define LIMIT_TRACE_VOTERS    512 /* sessions of each side that tell how far the clocks are apart */

/* Lists and reports. */
#define LIMIT_LIST_BYTES   (8 << 20)  /* one allow-list file */
#define LIMIT_LIST_ENTRIES 65536      /* entries of all lists */
#define LIMIT_LIST_PROBLEMS 256       /* problem notes of one allow-list file; the last one says so */
#define LIMIT_LINE         4096       /* bytes of one line; the rest of it is ignored */
#define LIMIT_FINDINGS     32         /* findings of one session */
#define LIMIT_FILTER_TERMS 64         /* terms of --filter; more are refused, no finding */
#define LIMIT_FILTER_DEPTH 16         /* parentheses inside each other; the same */
#define LIMIT_FILTER_VALUES 1024      /* bytes of its values together; the same */
#define LIMIT_INPUTS       256        /* files on the command line, or interfaces */
#define LIMIT_SPOOL_HEADS (128 << 20) /* bytes of handshakes kept for saving from the screen, of interfaces and pipes: */
#define LIMIT_SPOOL_PART  (64 << 20)  /* ... and of all else, twice; the oldest leave, which is said when one saves */
#define LIMIT_SPOOL_HEAD  (64 * 1024) /* bytes of one handshake; what follows counts as all else, no finding */
#define LIMIT_SAVE_FILES   1000       /* files of -W; more are refused */

#endif
