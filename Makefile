# nmspscope: one Makefile, objects under build/<variant>/ (release, san, fuzz, cover side by side).
#
#   make demo     install what is missing, build, show two samples          make check    set up and run all tests
#   make          build/release/nmspscope and its page  make install  PREFIX=/usr/local DESTDIR=
#   make bench    figures against libpcap and tshark                        make samples  new captures in samples/new
#   make soak     weeks of traffic, load and floods, with memory curves
#   make fuzz T=packet S=60     make layers     make cover     make golden-update     make clean

PREFIX  ?= /usr/local
CC      ?= cc
FUZZ_CC ?= clang
VARIANT ?= release
S       ?= 60

B := build/$(VARIANT)

LIBRARIES := libpcap libcrypto jansson zlib libseccomp libcap-ng ncursesw
ifneq ($(shell command -v pkg-config),)
# ncursesw's -D_XOPEN_SOURCE would be there for all: term.c asks for what it needs itself.
LIB_CFLAGS := $(filter-out -D_%,$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null))
LIB_LIBS   := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wundef -Wstrict-prototypes \
            -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla -Werror
# make V=1 shows whole commands
ifeq ($(V),)
SAY = @echo "  $(1) $(2)";
else
SAY =
endif

BASE     := -std=c11 -D_DEFAULT_SOURCE -I. -MMD -MP -g $(WARNINGS) $(LIB_CFLAGS)

RELEASE_FLAGS := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
RELEASE_LINK  := -pie -Wl,-z,relro,-z,now
SANITIZE      := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

ifeq ($(VARIANT),release)
VARIANT_FLAGS := $(RELEASE_FLAGS)
VARIANT_LINK  := $(RELEASE_LINK)
# The loops of xxHash are written to be unrolled.
$(B)/analyzer/hash.o: VARIANT_FLAGS += -O3
else ifeq ($(VARIANT),san)
VARIANT_FLAGS := $(SANITIZE)
# Some 200 programs are linked: gold takes half of the time that ld takes.
VARIANT_LINK  := $(SANITIZE) $(if $(shell command -v ld.gold),-fuse-ld=gold)
# Inlined into tests, the sanitizers' checks take longer to compile than they ever save.
$(B)/tests/%.o $(B)/samples/%.o: VARIANT_FLAGS += -Og
else ifeq ($(VARIANT),fuzz)
CC            := $(FUZZ_CC)
VARIANT_FLAGS := $(SANITIZE) -fsanitize=fuzzer-no-link
VARIANT_LINK  := $(SANITIZE)
else ifeq ($(VARIANT),cover)
VARIANT_FLAGS := -O0 --coverage
VARIANT_LINK  := --coverage
else
$(error VARIANT is release, san, fuzz or cover)
endif

MAINS    := ui/main.c ui/manual_main.c
LIB_SRC  := $(wildcard dissect/*.c analyzer/*.c analyzer/findings/*.c) $(filter-out $(MAINS),$(wildcard ui/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
LIB      := $(B)/libnmspscope.a
PROGRAM  := $(B)/nmspscope
MANUAL   := $(B)/nmspscope.1
SAMPLES  := $(filter-out samples/generate.c samples/simulate.c,$(wildcard samples/*.c))
TESTS    := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/test_*.c))
FUZZERS  := $(patsubst tests/fuzz_%.c,%,$(wildcard tests/fuzz_*.c))
BENCHES  := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
TOOLS    := $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c))
# Scripts start these hundreds of times to make or to compare files: without sanitizers they are there at once.
PLAIN    := $(patsubst %,build/release/tools/%,report_facts lines_facts damage)
SOAKERS  := $(patsubst %,build/release/bench/gen_%,life flood crowd)
WIRE     := wire wrap headers bytes
HELPERS  := $(filter-out tests/test_%.c tests/fuzz_%.c,$(wildcard tests/*.c))

# For a make within: as many jobs as there are processors, unless who called has said how many.
PARALLEL = --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all demo check bench soak fuzz cover layers samples golden-update install clean setup setup-tests \
        tests-of-variant replayers benches
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(MANUAL)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call SAY,CC  ,$(VARIANT): $<)$(CC) $(BASE) $(VARIANT_FLAGS) $(CFLAGS) -c $< -o $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(call SAY,AR  ,$@)ar rcs $@ $^

$(PROGRAM): $(B)/ui/main.o $(LIB)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

# The manual page is made from the tables of the program.
$(B)/manual: $(B)/ui/manual_main.o $(LIB)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

$(MANUAL): $(B)/manual
	$(call SAY,MAN ,$@)$(B)/manual >$@

# ---- set-up -------------------------------------------------------------------------------------------
setup:
	@.ci/setup build

setup-tests:
	@.ci/setup build test

demo: setup
	@$(MAKE) $(PARALLEL) all
	@echo
	build/release/nmspscope -r samples/wrong-hash.pcapng -r samples/accepted-tls12.pcapng \
	    -a samples/wrong-hash.list || [ $$? -eq 1 ]

# ---- tests --------------------------------------------------------------------------------------------
check: setup-tests layers
	@$(MAKE) $(PARALLEL) all $(SOAKERS) $(PLAIN) build/release/tools/confined build/release/preload/left.so
	@$(MAKE) $(PARALLEL) VARIANT=san all tests-of-variant replayers samples-program
	@tests/run-all

tests-of-variant: $(TESTS) $(filter-out $(PLAIN:build/release/%=$(B)/%),$(TOOLS))

$(B)/tools/%: $(B)/tests/tools/%.o $(WIRE:%=$(B)/samples/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

# Loaded in front of the program: see the file.
$(B)/preload/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(BASE) -O2 -fPIC -shared $(LDFLAGS) $< -o $@

# It listens where tls_conn hands plaintext on.
$(B)/tools/plain_bytes: LDFLAGS += -Wl,--wrap=plain_data

$(B)/tests/test_%: $(B)/tests/test_%.o $(HELPERS:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -lcmocka -o $@

# Sessions of OpenSSL's two sides, and tests that listen where tls_conn hands plaintext on.
PEERS    := tls_crypto_live tls_matrix tls_early tls_turns tls_resumed dtls_matrix dtls_late dtls_turns gap_talks
HEARERS  := tls_matrix tls_early tls_turns tls_resumed tls_sealed dtls_matrix dtls_late dtls_turns gap gap_talks gap_limits
$(PEERS:%=$(B)/tests/test_%): LIB_LIBS += -lssl
$(HEARERS:%=$(B)/tests/test_%): LDFLAGS += -Wl,--wrap=plain_data

# Every fuzz target is also a plain program that replays files: corpora run without clang.
replayers: $(FUZZERS:%=$(B)/replay/%)

$(B)/replay/%: $(B)/tests/fuzz_%.o $(B)/tests/replay/main.o $(HELPERS:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

$(B)/fuzzer/%: $(B)/tests/fuzz_%.o $(HELPERS:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) -fsanitize=fuzzer $(LDFLAGS) $^ $(LIB_LIBS) -o $@

fuzz: setup-tests
ifeq ($(T),)
	@echo "make fuzz T=name S=seconds, name one of: $(FUZZERS)"; exit 2
else
	@$(MAKE) $(PARALLEL) VARIANT=fuzz build/fuzz/fuzzer/$(T)
	@mkdir -p build/fuzz/corpus/$(T) build/fuzz/crashes tests/corpus/$(T)
	build/fuzz/fuzzer/$(T) -max_total_time=$(S) -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix=build/fuzz/crashes/$(T)- build/fuzz/corpus/$(T) tests/corpus/$(T)
endif

layers:
	@tests/layers

golden-update: all
	@tests/goldens --update
	@$(MAKE) $(PARALLEL) VARIANT=san build/san/tools/screens
	@tests/screens --update

cover: setup-tests
	@$(MAKE) $(PARALLEL) VARIANT=cover all tests-of-variant
	@for t in build/cover/tests/test_*[!.][!od]; do [ -x $$t ] && $$t >/dev/null 2>&1; done; \
	    gcov -n $$(find build/cover/dissect build/cover/analyzer build/cover/ui -name '*.gcda') 2>/dev/null | \
	    awk "/^File '(dissect|analyzer|ui)/{f=\$$2} /^Lines/{if(f){print \$$0, f; f=\"\"}}" | sort -t: -k2 -n

# ---- samples, benches ---------------------------------------------------------------------------------
samples-program: $(B)/samples/generate $(B)/samples/simulate

$(B)/samples/generate $(B)/samples/simulate: %: %.o $(SAMPLES:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -lssl -lcrypto -o $@

samples:
	@$(MAKE) $(PARALLEL) samples-program
	@mkdir -p samples/new
	build/release/samples/generate samples/new

benches: $(BENCHES)

$(B)/bench/%: $(B)/tests/bench/%.o $(SAMPLES:%.c=$(B)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -lssl -lcrypto -o $@

$(B)/bench/learn: $(B)/tests/bench/learn.o $(B)/tests/framings.o $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

# It analyses, and names of the analysis stand in the samples' objects, too.
$(B)/bench/late_keys: $(B)/tests/bench/late_keys.o $(LIB)
	@mkdir -p $(@D)
	$(call SAY,LINK,$@)$(CC) $(VARIANT_LINK) $(LDFLAGS) $^ $(LIB_LIBS) -o $@

bench: setup-tests
	@$(MAKE) $(PARALLEL) all benches
	@tests/bench/run

soak: setup-tests
	@$(MAKE) $(PARALLEL) all samples-program $(TOOLS) $(SOAKERS)
	@tests/soak long
	@$(MAKE) $(PARALLEL) VARIANT=san all build/san/tools/storm
	@tests/storm long

# ---- install ------------------------------------------------------------------------------------------
install: all
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/nmspscope
	install -D -m 644 $(MANUAL) $(DESTDIR)$(PREFIX)/share/man/man1/nmspscope.1

clean:
	rm -rf build samples/new

-include $(shell find $(B) -name '*.d' 2>/dev/null)
