# depmend: build, test, gates.  `make help` lists the targets.
#
# Variants live side by side in .build/<variant>/; only the release is copied to bin/.

VARIANT ?= release
SYSTEM  := $(shell uname -s)
# PORTABLE=1: without what only Linux has (src/os/kernel.h).
BUILD   := .build/$(VARIANT)$(if $(PORTABLE),-portable)

CC       ?= gcc
CSTD     := -std=c17
CPPFLAGS += -Isrc -I$(BUILD)/gen -D_GNU_SOURCE $(if $(PORTABLE),-DDEPMEND_PORTABLE)
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wmissing-prototypes \
            -Wstrict-prototypes -Wundef -Wpointer-arith -Wwrite-strings -Wformat=2
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-common
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack
PREFIXMAP := '-ffile-prefix-map=$(CURDIR)=.'
ARFLAGS  := rcsD

# Its linker and its ar lack these words (a program is position independent as it is), iconv() is a library, and Homebrew keeps
# away from the system's folders (where what is loaded when it is needed is looked for: io/library.c).
ifeq ($(SYSTEM),Darwin)
LDHARDEN :=
ARFLAGS  := rcs
ICONV    := -liconv
LATER    := -lxlsxwriter -lzstd
BREW     := $(shell brew --prefix 2>/dev/null)
ifneq ($(BREW),)
KEGS     := $(foreach keg,openssl@3 sqlite curl,$(BREW)/opt/$(keg)) $(BREW)
CPPFLAGS += $(KEGS:%=-I%/include)
LDFLAGS  += $(KEGS:%=-L%/lib)
endif
endif

ifeq ($(VARIANT),dev)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDOPT := -fsanitize=address,undefined
else ifeq ($(VARIANT),fuzz)
CC := clang
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDOPT := -fsanitize=fuzzer,address,undefined
else ifeq ($(VARIANT),coverage)
OPT := -O0 -g --coverage
LDOPT := --coverage
else
OPT := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LDOPT :=
endif
ifneq ($(CI)$(WERROR),)
WARN += -Werror
endif

ALL_CFLAGS = $(CSTD) $(OPT) $(WARN) $(HARDEN) $(PREFIXMAP) $(CFLAGS)
LDLIBS_TOOL := -lcsv -lcjson -lyaml -lsqlite3 -lcrypto -lm $(LATER) $(ICONV)
LDLIBS_SIM  := $(LDLIBS_TOOL) -lmicrohttpd
LDLIBS_TEST := -lcmocka -lssl -lpthread

FLOORS   := base os io io/csv io/db trust model approve lists rules store services wire facts plan undo run run/uem apply older forecast survey report rehearse \
            cli/args cli/app cli/tenants cli
LIB_SRC  := $(filter-out src/cli/main.c,$(foreach f,$(FLOORS),$(wildcard src/$(f)/*.c)))
SIM_SRC  := $(filter-out src/sim/main.c,$(wildcard src/sim/*.c src/sim/*/*.c))
LIB_OBJ  := $(LIB_SRC:src/%.c=$(BUILD)/%.o)
SIM_OBJ  := $(SIM_SRC:src/%.c=$(BUILD)/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
FUZZ_BIN := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH_BIN := $(patsubst tests/%.c,$(BUILD)/%,$(filter-out %/sync.c,$(wildcard tests/bench/*.c)))
PROGRAMS := $(BUILD)/depmend $(BUILD)/depmend-sim
DOCS_OBJ := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/docs/*.c))
DOCS     := $(addprefix $(BUILD)/docs/,depmend.1 depmend-rules.5 depmend-settings.5 depmend-runbook.7 depmend-sim.1 depmend.full.yaml depmend.bash _depmend depmend.fish)
SHIM     := $(BUILD)/crash/shim.so $(BUILD)/oom/shim.so $(BUILD)/worlds/shim.so
# For targets that build with another variant, or after setup: every core, unless -j was given.
AGAIN = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

.PHONY: all setup setup-test setup-dev demo test test-full check unit suites dev lint crash property fuzz fuzzers bench benchers install deb clean help compile_commands.json
.DEFAULT_GOAL := all

all: $(PROGRAMS) $(DOCS) .build/rules ## build bin/depmend and bin/depmend-sim
ifeq ($(VARIANT),release)
	@mkdir -p bin && cp -f $(PROGRAMS) bin/
endif

# The programs look for the shipped rules beside their own folder.
.build/rules:
	@ln -s ../rules $@

setup: ## install the libraries a fresh machine lacks
	@bin/setup

setup-test: ## the same, with what the tests run
	@bin/setup --test

setup-dev: ## the same, with what the lints and the fuzzers run
	@bin/setup --dev

demo: setup ## build, then run check, plan and apply against the simulator
	@$(AGAIN) all
	@samples/demo.sh

test: setup-test ## units and suites against the release build
	@$(AGAIN) VARIANT=release all
	@$(AGAIN) VARIANT=release check

test-full: ## what needs root, the network or a long time, such as a fresh Debian root
	@tests/full/all.sh

dev: setup-test ## units and suites under ASan and UBSan
	@$(AGAIN) VARIANT=dev all
	@$(AGAIN) VARIANT=dev check

check: $(PROGRAMS) $(DOCS) $(UNIT_BIN) $(SHIM) .build/rules
	@tests/run.sh $(BUILD)

unit: $(UNIT_BIN)
	@tests/run.sh $(BUILD) unit

crash: setup-test ## kill and starve the tool at every durable or visible step
	@$(AGAIN) VARIANT=release all .build/release/crash/shim.so .build/release/oom/shim.so
	@tests/crash/all.sh .build/release
	@tests/oom/run.sh .build/release 300

OLD ?= 6e7e269
.PHONY: upgrade
upgrade: setup-test ## a store of the program at commit OLD, killed with devices off, goes on under this one
	@$(AGAIN) VARIANT=release all .build/release/crash/shim.so
	@test -e .build/old/$(OLD) || { mkdir -p .build/old/$(OLD) && git archive $(OLD) | tar -x -C .build/old/$(OLD); }
	@$(MAKE) --no-print-directory -C .build/old/$(OLD) .build/release/depmend >/dev/null
	@UPGRADE_FROM=$(CURDIR)/.build/old/$(OLD)/.build/release/depmend tests/crash/crash.py .build/release --all --only upgrade

.PHONY: mutants
mutants: setup-test ## take out what keeps changes from coming twice, and each trap's handling: a named test has to fail
	@$(AGAIN) VARIANT=release all .build/release/crash/shim.so
	@tests/mutants/mutants.py .build/release

N ?= 1000
.PHONY: worlds
worlds: setup-test ## N random worlds under a conductor that owns time; what has to hold in all of them
	@$(AGAIN) VARIANT=release all .build/release/worlds/shim.so
	@tests/worlds/worlds.py .build/release -n $(N) --real 300 --coverage --planted

.PHONY: model
model: setup-test ## go through every state of the protocol's models, and without each of its rules
	@tests/model/run.sh .build/release full

.PHONY: differential
differential: setup-test ## 100,000 random files and rules: quick and slow ways to read and judge agree
	@$(AGAIN) VARIANT=release all
	@DIFFERENTIAL=100000 tests/differential/run.sh .build/release

.PHONY: reading
reading: setup-test ## 20,000 generated lists of serials and 5,000 damaged protected ones
	@$(AGAIN) VARIANT=release all
	@READING_FILES=20000 READING_LISTS=500 READING_MUTATIONS=5000 tests/reading/run.sh .build/release

property: setup-test ## a thousand random rules, CSVs and limits against the simulator
	@$(AGAIN) VARIANT=release all
	@tests/property/all.sh .build/release

SECS ?= 60
fuzz: setup-dev ## feed every reader with rubbish for SECS seconds (FUZZ=name: that one alone)
	@$(AGAIN) VARIANT=fuzz fuzzers
	@tests/fuzz/all.sh .build/fuzz $(SECS) $(FUZZ)

fuzzers: $(FUZZ_BIN)

bench: setup-test ## speed, memory and requests against their aims and against other tools
	@$(AGAIN) VARIANT=release all benchers
	@tests/bench/all.sh .build/release $(BENCH)

.PHONY: waves
waves: setup-test ## 42,000 devices off their servers and back: requests against the least, half an hour
	@$(AGAIN) VARIANT=release all benchers
	@python3 -B tests/bench/waves.py .build/release

.PHONY: profile
profile: setup-test ## in which functions a plan spends its time
	@$(AGAIN) VARIANT=release all benchers
	@tests/profile.py .build/release

benchers: $(BENCH_BIN) $(BUILD)/bench/sync.so

.PHONY: coverage
coverage: setup-test setup-dev ## how much of the code the tests run: at least 90 % of the lines
	@$(AGAIN) VARIANT=coverage all
	@tests/coverage.sh .build/coverage $(AGAIN)

lint: setup-dev ## every gate that is a script
	@tests/lint/all.sh

.PHONY: analyze
analyze: setup-dev ## the gates that take longest: gcc's analyzer, and clang's all the way
	@STATES=225000 tests/lint/all.sh analyzer.sh tidy.sh

clean: ## remove everything that was built
	rm -rf .build bin/depmend bin/depmend-sim


# By name: whoever follows a sample keeps secrets and lists of his own beside it.
EXAMPLES := depmend.yaml depmend.full.yaml cron/depmend cron/nightly.sh systemd/depmend@.service systemd/depmend@.timer \
            $(addprefix github/,README.md workflows/depmend-plan.yml workflows/depmend-apply.yml) \
            $(addprefix kubernetes/base/,cronjob.yaml kustomization.yaml state.yaml) \
            $(addprefix kubernetes/tenants/acme/,depmend.yaml devices.csv kustomization.yaml)
SHARE = $(DESTDIR)$(PREFIX)/share
# In words that install(1) has everywhere: MODE,FOLDER,FILE...
put = install -d '$(strip $2)' && install -m $1 $3 '$(strip $2)'
install: all ## install under $(DESTDIR)$(PREFIX)
	$(call put,0755,$(DESTDIR)$(PREFIX)/bin,$(PROGRAMS))
	$(call put,0644,$(SHARE)/depmend/rules,rules/*.yaml rules/*.json)
	$(call put,0644,$(SHARE)/depmend,samples/output.schema.json)
	$(call put,0644,$(SHARE)/man/man1,$(BUILD)/docs/depmend.1 $(BUILD)/docs/depmend-sim.1)
	$(call put,0644,$(SHARE)/man/man5,$(BUILD)/docs/depmend-rules.5 $(BUILD)/docs/depmend-settings.5)
	$(call put,0644,$(SHARE)/man/man7,$(BUILD)/docs/depmend-runbook.7)
	install -d '$(SHARE)/bash-completion/completions'
	install -m 0644 $(BUILD)/docs/depmend.bash '$(SHARE)/bash-completion/completions/depmend'
	$(call put,0644,$(SHARE)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions),$(BUILD)/docs/_depmend)
	$(call put,0644,$(SHARE)/fish/vendor_completions.d,$(BUILD)/docs/depmend.fish)
	for one in $(EXAMPLES); do to='$(SHARE)/doc/depmend/examples'/$$one; \
	  install -d "$${to%/*}" && install -m 0644 samples/$$one "$$to" || exit 1; done
PREFIX ?= /usr/local

deb: ## make .build/depmend.deb
	@bin/setup --deb
	@$(AGAIN) VARIANT=release all
	@src/package/deb.sh .build/depmend.deb

.PHONY: image
image: ## make .build/depmend-image.tar, a container image (an OCI archive; no registry)
	@$(AGAIN) VARIANT=release all
	@src/package/image.sh .build/depmend-image.tar

.PHONY: dist
dist: ## make what a release consists of in .build/dist: sources, package, image, SBOM, checksums
	@bin/setup --deb
	@src/package/dist.sh .build/dist

help:
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile

# One rule compiles everything; -MMD keeps the headers known. V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo '$(1)')

$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call say,  CC  $@)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/report/html.o: src/report/page.css src/report/page.js

$(BUILD)/libdepmend.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) $(ARFLAGS) $@ $(LIB_OBJ)

$(BUILD)/libsim.a: $(SIM_OBJ)
	@rm -f $@
	$(Q)$(AR) $(ARFLAGS) $@ $(SIM_OBJ)

$(BUILD)/depmend: $(BUILD)/cli/main.o $(BUILD)/libdepmend.a
	$(call say,  LD  $@)
	$(Q)$(CC) $(LDHARDEN) $(LDOPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_TOOL)

$(BUILD)/depmend-sim: $(BUILD)/sim/main.o $(BUILD)/libsim.a $(BUILD)/libdepmend.a
	$(call say,  LD  $@)
	$(Q)$(CC) $(LDHARDEN) $(LDOPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_SIM)

# The manual and the completions come from the tables of the tool.
$(BUILD)/depmend-docs: $(DOCS_OBJ) $(BUILD)/libdepmend.a
	$(call say,  LD  $@)
	$(Q)$(CC) $(LDHARDEN) $(LDOPT) $(LDFLAGS) -o $@ $^ $(LDLIBS_TOOL)

$(DOCS): $(BUILD)/depmend-docs $(BUILD)/depmend-sim
	@mkdir -p $(@D)
	$(Q)$(BUILD)/depmend-sim --help | $< $(@F) >$@.new && mv $@.new $@

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libsim.a $(BUILD)/libdepmend.a Makefile
	@mkdir -p $(@D)
	$(call say,  LD  $@)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -Itests -MMD -MP $(LDHARDEN) $(LDOPT) -o $@ $< \
		$(BUILD)/libsim.a $(BUILD)/libdepmend.a $(LDLIBS_SIM) $(LDLIBS_TEST)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libdepmend.a Makefile
	@mkdir -p $(@D)
	$(call say,  LD  $@)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -Itests -MMD -MP $(LDHARDEN) $(LDOPT) -o $@ $< \
		$(BUILD)/libdepmend.a $(LDLIBS_TOOL)

$(BUILD)/bench/tunnel: LDLIBS_TOOL += -lssl -lpthread
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libdepmend.a Makefile
	@mkdir -p $(@D)
	$(call say,  LD  $@)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDHARDEN) $(LDOPT) -o $@ $< \
		$(BUILD)/libdepmend.a $(LDLIBS_TOOL)

# Loaded into depmend before everything else, so it may need nothing but libc.
$(BUILD)/%/shim.so: tests/%/shim.c Makefile
	@mkdir -p $(@D)
	$(call say,  LD  $@)
	$(Q)$(CC) $(CSTD) -D_GNU_SOURCE -O2 $(WARN) -shared -fPIC -o $@ $<

$(BUILD)/bench/sync.so: tests/bench/sync.c Makefile
	@mkdir -p $(@D)
	$(call say,  LD  $@)
	$(Q)$(CC) $(CSTD) -D_GNU_SOURCE -O2 $(WARN) -shared -fPIC -o $@ $<

compile_commands.json: Makefile ## for clangd and clang-tidy
	@{ echo '['; for f in $(LIB_SRC) $(SIM_SRC) $(wildcard src/docs/*.c) src/cli/main.c src/sim/main.c; do \
	  printf '{"directory":"%s","file":"%s","command":"%s -c %s"},\n' '$(CURDIR)' "$$f" \
	    '$(CC) $(CPPFLAGS) $(CSTD) $(OPT) $(WARN)' "$$f"; done | sed '$$s/,$$//'; echo ']'; } >$@

-include $(LIB_OBJ:.o=.d) $(SIM_OBJ:.o=.d) $(DOCS_OBJ:.o=.d) $(UNIT_BIN:=.d) $(FUZZ_BIN:=.d) $(BENCH_BIN:=.d) $(BUILD)/cli/main.d $(BUILD)/sim/main.d
