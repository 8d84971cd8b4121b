# Bellwire: build, run and test it. `make help` lists the goals.
#
# One file, no recursion. Each folder of C files is one static library, and a program or a unit
# test names the libraries it stands on, so an include or a call that climbs a floor does not link.
# Objects live under build/<variant>; the variants (release, asan, tsan, fuzz) never share objects.

SHELL   := bash
VARIANT ?= release
B       := build/$(VARIANT)
PREFIX  ?= /usr/local
VERSION := 0.1.0
SONAME  := libbellwire.so.0

# --- System packages: the only place that names them ------------------------------------------
PKG_BUILD := gcc libc6-dev make pkg-config libnng-dev libcivetweb-dev libmsgpack-dev libsqlite3-dev \
             libwslay-dev libjansson-dev zlib1g-dev uthash-dev python3-venv
PKG_UNIT  := libcmocka-dev
PKG_TEST  := clang libclang-rt-14-dev spin chromium curl fonts-wqy-microhei openssl
PKG_LINT  := clang-format clang-tidy cppcheck
PKG_BENCH := nginx-light libnginx-mod-nchan
PKG_DOCS  := doxygen mandoc

# --- Compiler -----------------------------------------------------------------------------------
CC       := gcc
CSTD     := -std=c11 -D_GNU_SOURCE
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
OPT      := -O2 -g
SAN      :=
PIC      := -fPIC -fvisibility=hidden
ifeq ($(VARIANT),asan)
  SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  OPT := -O1 -g
else ifeq ($(VARIANT),tsan)
  SAN := -fsanitize=thread -fno-omit-frame-pointer
  OPT := -O1 -g
else ifeq ($(VARIANT),fuzz)
  CC  := clang
  SAN := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  OPT := -O1 -g
  WARN := $(filter-out -Wconversion,$(WARN)) # clang's also means signs
endif
CPPFLAGS_OWN := -Ibus -Iclients/c -I. -I$(B)/gen -DBW_VERSION='"$(VERSION)"'
CFLAGS   := $(CSTD) $(WARN) $(OPT) $(SAN) $(PIC) -pthread
LDFLAGS  := $(SAN) -pthread

# Asked when first needed, not when this file is read: on a new machine pkg-config itself is one of
# the packages still to be installed. civetweb, nng and wslay bring no .pc file in Debian.
PC        := sqlite3 jansson msgpack zlib
CPPFLAGS   = $(CPPFLAGS_OWN) $(shell pkg-config --cflags $(PC))
L_WIRE     = $(shell pkg-config --libs jansson msgpack) -lm
L_NNG     := -lnng
L_SQLITE   = $(shell pkg-config --libs sqlite3)
L_WEB      = -lcivetweb -lwslay $(shell pkg-config --libs zlib)

# --- Floors: folder → library; each list is what a floor stands on, top first ---------------------
DIR_base    := bus/base
DIR_wire    := bus/wire
DIR_journal := bus/journal
DIR_tls     := bus/tls
DIR_net     := bus/net
DIR_bus     := bus
DIR_client  := clients/c
DIR_cli     := clients/cli
DIR_run     := clients/cli/run
DIR_stream  := web/stream
DIR_http    := web/http
DIR_rest    := web/rest
DIR_web     := web
FLOORS      := base wire tls journal net bus client cli run stream http rest web

ON_base    := base
ON_wire    := wire base
ON_journal := journal wire base
ON_tls     := tls base
ON_net     := net tls base
ON_bus     := bus net tls journal wire base
ON_client  := client tls wire base
ON_cli     := cli client tls wire base
ON_run     := run cli client tls wire base
ON_stream  := stream client tls wire base
ON_http    := http wire base
ON_rest    := rest http client tls wire base
ON_web     := web assets rest http stream client tls wire base

SYS_base     =
SYS_wire     = $(L_WIRE)
SYS_journal  = $(L_SQLITE) $(SYS_wire)
SYS_tls      = $(L_NNG)
SYS_net      = $(L_NNG)
SYS_bus      = $(SYS_net) $(SYS_journal)
SYS_client   = $(L_NNG) $(SYS_wire)
SYS_cli      = $(SYS_client)
SYS_run      = $(SYS_cli)
SYS_stream   = $(L_WEB) $(SYS_client)
SYS_http     = $(L_WEB) $(SYS_wire)
SYS_rest     = $(L_WEB) $(SYS_client)
SYS_web      = $(L_WEB) $(SYS_client)

# The daemon's own files, which know both halves: in its program, in no library.
MAINS    := $(wildcard web/bellwired*.c)
CLI_MAIN := clients/cli/main.c
define floor_template
SRC_$(1) := $$(filter-out $$(MAINS) $$(CLI_MAIN),$$(wildcard $$(DIR_$(1))/*.c))
OBJ_$(1) := $$(SRC_$(1):%.c=$$(B)/obj/%.o)
LIB_$(1) := $$(B)/lib/lib$(1).a
$$(LIB_$(1)): $$(OBJ_$(1))
libs_of_$(1) = $$(foreach f,$$(ON_$(1)),$$(LIB_$$(f)))
endef
$(foreach f,$(FLOORS),$(eval $(call floor_template,$(f))))
LIB_assets := $(B)/lib/libassets.a
LIBS := $(foreach f,$(FLOORS),$(LIB_$(f))) $(LIB_assets)

# --- Goals ---------------------------------------------------------------------------------------
EXAMPLES := $(patsubst clients/c/examples/%.c,$(B)/examples/%,$(wildcard clients/c/examples/*.c))
PROGRAMS := $(B)/bellwired $(B)/bellwire $(B)/libbellwire.so
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help run test unit integration e2e autobahn chaos planted sanitized model bench install check-layers lint format asan \
        tsan fuzz fuzz-run fuzz-replay docs clean build

all: $(PROGRAMS) $(EXAMPLES) ## build the daemon, the command line and the library
	@ln -sfn release/bellwired build/bellwired; ln -sfn release/bellwire build/bellwire

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

# --- Packages ------------------------------------------------------------------------------------
# A stamp per group, remade when its list changes: so `make` asks dpkg once, not every time. Under
# -j groups wait for each other, because apt has one lock.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
define packages_template
build/deps/$(1)-$$(shell echo '$$(PKG_$(2))' | cksum | cut -d' ' -f1):
	@mkdir -p build/deps; exec 9>build/deps/lock; flock 9; \
	missing=$$$$(for p in $$(PKG_$(2)); do dpkg-query -W -f='$$$${Status}' $$$$p 2>/dev/null | grep -q 'ok installed' || echo $$$$p; done); \
	if [ -n "$$$$missing" ]; then echo "installing:" $$$$missing; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$$$missing >/dev/null; fi
	@touch $$@
DEPS_$(2) := build/deps/$(1)-$$(shell echo '$$(PKG_$(2))' | cksum | cut -d' ' -f1)
endef
$(eval $(call packages_template,build,BUILD))
$(eval $(call packages_template,unit,UNIT))
$(eval $(call packages_template,test,TEST))
$(eval $(call packages_template,lint,LINT))
$(eval $(call packages_template,bench,BENCH))
$(eval $(call packages_template,docs,DOCS))

# --- Compiling and linking -------------------------------------------------------------------------
# Says what it does in a word; V=1 shows the commands. COUNT=1 numbers the steps of a build from
# nothing, "n/m" at the end of the line, which is what `bellwire run` reads as progress.
Q := $(if $(V),,@)
ifdef COUNT
  STEPS = $(words $(foreach f,$(FLOORS),$(OBJ_$(f))) $(UNIT_BIN) $(UNIT_BIN) $(UNIT_BIN))
  say = $(eval STEP := $(shell expr 0$(STEP) + 1))@echo '$(1) $(2)  $(STEP)/$(STEPS)'
else
  say = @echo '$(1) $(2)'
endif

$(B)/obj/%.o: %.c | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIBS):
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

link = $(Q)$(CC) $(LDFLAGS) -o $@ $(1) $(2)

# The pages are built into build/ui (below) and embedded with the API's description: together they are
# a library without a folder of C files, "assets". Each has the name by which it is asked for.
UI := build/ui
$(B)/gen/assets.c: web/openapi.json $(UI)/ok web/embed.sh
	@mkdir -p $(@D)
	$(Q)web/embed.sh $(@D)/gzip openapi.json=web/openapi.json \
	  $$(find $(UI) -type f ! -name ok -printf '%P=%p\n' | sort) >$@
$(B)/obj/assets.o: $(B)/gen/assets.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(LIB_assets): $(B)/obj/assets.o

MAIN_OBJ := $(MAINS:%.c=$(B)/obj/%.o)
$(B)/bellwired: $(MAIN_OBJ) $(libs_of_web) $(LIB_bus) $(LIB_net) $(LIB_journal)
	$(call link,$(MAIN_OBJ) -Wl$(comma)--start-group $(libs_of_web) $(LIB_bus) $(LIB_net) $(LIB_journal) -Wl$(comma)--end-group,$(SYS_web) $(SYS_bus))
$(B)/bellwire: $(CLI_MAIN:%.c=$(B)/obj/%.o) $(libs_of_run)
	$(call link,$< $(libs_of_run),$(SYS_run))
# Programs outside find the library by its soname, also where it was built.
$(B)/libbellwire.so: $(OBJ_client) $(LIB_tls) $(LIB_wire) $(LIB_base)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -shared -Wl,-soname,$(SONAME) -o $@ $(OBJ_client) $(LIB_tls) $(LIB_wire) $(LIB_base) $(SYS_client)
	@ln -sfn $(@F) $(@D)/$(SONAME)
comma := ,

# The examples see what a program outside sees: the public header and the shared library.
$(B)/examples/%: clients/c/examples/%.c clients/c/bellwire.h $(B)/libbellwire.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -std=c11 -D_DEFAULT_SOURCE $(WARN) $(OPT) $(SAN) -Iclients/c -o $@ $< -L$(B) -lbellwire -Wl,-rpath,'$$ORIGIN/..'

# --- Tests: found by wildcard. tests/unit/<floor>/test_*.c links what <floor> stands on, no more ----
UNIT_SRC  := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN  := $(UNIT_SRC:%.c=$(B)/%)
$(UNIT_BIN:%=%.o): $(B)/%.o: %.c | $(DEPS_BUILD) $(DEPS_UNIT)
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -MMD -MP -c $< -o $@
define unit_template
$$(filter $$(B)/tests/unit/$(1)/%,$$(UNIT_BIN)): $$(B)/%: $$(B)/%.o $$(libs_of_$(1))
	$$(call say,LINK,$$@)
	$$(call link,$$< $$(libs_of_$(1)),$$(SYS_$(1)) -lcmocka)
endef
$(foreach f,$(FLOORS),$(eval $(call unit_template,$(f))))

# A test that passed is not run again until it, or what it is linked with, changes.
# ThreadSanitizer wants the memory laid out where it expects it.
RUN_TEST := $(if $(filter tsan,$(VARIANT)),TSAN_OPTIONS="suppressions=$(abspath tests/tsan.supp) $(TSAN_OPTIONS)" setarch -R,)
# Nearly all of them end within seconds; one that hangs is ended with its name, and says where it was.
UNIT_SECONDS ?= 600
LIMIT := timeout --kill-after=10 $(UNIT_SECONDS)
UNIT_OK := $(UNIT_BIN:%=%.ok)
$(UNIT_OK): %.ok: %
	$(call say,TEST,$<)
	$(Q)$(RUN_TEST) $(LIMIT) $< >$<.out 2>&1 || { rc=$$?; cat $<.out; \
	  [ $$rc -ne 124 ] || echo 'HANGS $< (ended after $(UNIT_SECONDS) s)'; exit 1; }
	@touch $@
unit: $(UNIT_OK) ## run the unit tests

# --- Integration tests: pytest on the real programs ------------------------------------------------
VENV := build/venv
PY   := $(VENV)/bin/python
$(VENV)/ok: tests/requirements.txt | $(DEPS_TEST)
	/usr/bin/python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
# Run again when a program or a test changed; PYTEST narrows it: make integration PYTEST='-k rest'.
PY_TESTS := $(wildcard tests/integration/*.py tests/integration/pytest.ini tests/conformance/*.py tests/waiting.py)
integration: $(B)/integration.ok ## run the integration tests
PYTEST_ON = BELLWIRE_BUILD=$(B) $(RUN_TEST) $(PY) -m pytest -c tests/integration/pytest.ini tests/integration
$(B)/integration.ok: $(PROGRAMS) $(EXAMPLES) $(PY_TESTS) $(VENV)/ok
	$(PYTEST_ON) $(PYTEST)
	@touch $@

# On programs under a sanitizer: all of them (PYTEST narrows it), or in `make test` these. A daemon that
# has something to report ends with an error, which fails its test.
SANITIZED := bellwired_conforms or hung_up or bad_websocket
sanitized: ## the integration tests under AddressSanitizer and UBSan, or with VARIANT=tsan under ThreadSanitizer
	@$(MAKE) --no-print-directory VARIANT=$(if $(filter tsan,$(VARIANT)),tsan,asan) integration
$(B)/sanitized.ok: $(PROGRAMS) $(PY_TESTS) $(VENV)/ok
	$(PYTEST_ON) -k '$(SANITIZED)'
	@touch $@

chaos: $(PROGRAMS) $(VENV)/ok ## a hundred watchers through five minutes of kills, losses and cuts; BELLWIRE_SEED repeats one
	BELLWIRE_BUILD=$(B) BELLWIRE_CHAOS_S=$(CHAOS_SECONDS) BELLWIRE_PAGES=100 \
	  $(RUN_TEST) $(PY) -m pytest -s -c tests/integration/pytest.ini tests/integration/test_chaos.py
CHAOS_SECONDS ?= 300

# Bugs put into a copy, one at a time: the tests must find each.
planted: $(PROGRAMS) $(VENV)/ok ## see the chaos test and the conformance kit find bugs that are put in; PLANTED narrows it
	$(PY) tests/planted/run.py $(PLANTED)

# --- Autobahn: every case of its WebSocket suite against our engine, as an echo --------------------
# CASES='12.*' runs only these. AUTOBAHN_PYTHON2 names a Python 2.7 that has autobahntestsuite: then
# Autobahn's own client runs them, which takes some minutes longer.
ECHO  := $(B)/tests/autobahn/echo_server
CASES ?= *
$(ECHO).o: $(B)/%.o: %.c | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
LIBS_ECHO := $(LIB_http) $(libs_of_stream)
$(ECHO): %: %.o $(LIBS_ECHO)
	$(call link,$< $(LIBS_ECHO),$(SYS_stream))
autobahn: $(ECHO) $(VENV)/ok ## Autobahn's WebSocket cases against our engine
	$(PY) tests/autobahn/run.py $(ECHO) $(if $(AUTOBAHN_PYTHON2),--original $(AUTOBAHN_PYTHON2)) '$(CASES)'
$(B)/autobahn.ok: $(ECHO) tests/autobahn/run.py $(VENV)/ok
	$(PY) tests/autobahn/run.py $(ECHO) --short
	@touch $@

# --- Models: spin looks at every order in which things can happen ----------------------------------
# MODEL=--more looks further, for some minutes.
model: build/model.ok ## check the models of ring, cursor, replay and conflation
build/model.ok: $(wildcard tests/model/*) | $(DEPS_TEST)
	@mkdir -p $(@D)
	python3 tests/model/check.py $(MODEL)
	@touch $@

# --- TypeScript: the browser client and the pages that stand on it ----------------------------------
# docs/decisions/0801 says where Node comes from.
NODE    := build/node
JS      := clients/js
JS_PATH := PATH="$(abspath $(NODE))/bin:$$PATH"
JS_SRC  := $(wildcard $(addprefix $(JS)/src/,*.ts */*.ts) $(JS)/*.json $(JS)/build.js)
JS_TEST := $(wildcard $(addprefix $(JS)/test/,*.ts */*.ts *.json) $(JS)/README.md)
NPM_CI  := $(JS_PATH) npm ci --ignore-scripts --no-audit --no-fund --loglevel error
# Variants are built side by side by other makes, and share what is made here.
once = @mkdir -p build; exec 9>build/$(1).lock; flock 9; [ -e $@ ] && [ -z "$$(find $^ -newer $@ -print -quit)" ] && exit; set -e;
$(NODE)/ok: web/node.txt | $(DEPS_BUILD)
	$(call once,node) /usr/bin/python3 -m venv $(NODE); $(NODE)/bin/pip install -q --disable-pip-version-check -r $<; touch $@
$(JS)/node_modules/ok: $(JS)/package.json $(JS)/package-lock.json $(NODE)/ok
	$(call once,js) cd $(JS); $(NPM_CI); touch node_modules/ok
$(JS)/dist/ok: $(JS_SRC) $(JS)/node_modules/ok
	$(call once,js) rm -rf $(@D); cd $(JS); $(JS_PATH) npm run --silent build; touch dist/ok

UI_SRC := $(shell find web/ui -name node_modules -prune -o -type f -print)
web/ui/node_modules/ok: web/ui/package.json web/ui/package-lock.json $(NODE)/ok
	$(call once,ui) cd web/ui; $(NPM_CI); touch node_modules/ok
$(UI)/ok: $(UI_SRC) web/ui/node_modules/ok $(JS)/dist/ok
	$(call say,VITE,web/ui)
	$(call once,ui) cd web/ui; $(JS_PATH) npm run --silent build; touch ../../$@
.PHONY: js js-test ui-test
js: $(JS)/dist/ok ## build the browser client, the npm package in clients/js
# Run again when a source, a test or the daemon changed.
js-test: $(B)/js.ok ## test the browser client, on a scripted server and on the daemon
$(B)/js.ok: $(JS)/dist/ok $(JS_TEST) $(B)/bellwired
	cd $(JS) && $(JS_PATH) npm run --silent check
	cd $(JS) && $(JS_PATH) BELLWIRE_BUILD=$(abspath $(B)) npm test --silent
	@touch $@

ui-test: build/ui.ok ## check the pages' types, test their parts, keep them small
build/ui.ok: $(UI)/ok
	cd web/ui && $(JS_PATH) npm run --silent check
	cd web/ui && $(JS_PATH) npm test --silent
	@touch $@

# --- The page, in Debian's Chromium driven by Playwright; what npm installs lies under build/ -------
# E2E_ONLY=storm runs only that file.
E2E      := build/e2e
E2E_ONLY ?= *
$(E2E)/ok: tests/e2e/package.json tests/e2e/package-lock.json $(NODE)/ok | $(DEPS_TEST)
	@mkdir -p $(@D)
	cp $(filter %.json,$^) $(@D)
	cd $(@D) && $(NPM_CI)
	@touch $@
e2e: $(B)/e2e.ok ## test the page in a browser
$(B)/e2e.ok: $(E2E)/ok $(wildcard tests/e2e/*.js) $(B)/bellwired
	BELLWIRE_BUILD=$(abspath $(B)) BELLWIRE_E2E=$(abspath $(E2E)) $(NODE)/bin/node --test --test-concurrency=2 'tests/e2e/$(E2E_ONLY).test.js'
	@touch $@

# What is compiled, and unit tests, by so many at a time; what has the real programs run one by one.
JOBS ?= $(shell nproc)
IN_TURN := $(MAKE) --no-print-directory -j1
AT_ONCE := $(MAKE) --no-print-directory -j$(JOBS)
test: ## everything: unit, integration, browser client, pages, sanitizers, fuzz regressions
	@$(AT_ONCE) all unit fuzz-replay
	@$(IN_TURN) integration js-test ui-test e2e $(B)/autobahn.ok build/model.ok
	@$(AT_ONCE) VARIANT=asan all unit
	@$(IN_TURN) VARIANT=asan build/asan/sanitized.ok
	@$(AT_ONCE) VARIANT=tsan all unit
	@$(IN_TURN) VARIANT=tsan build/tsan/sanitized.ok

# --- Fuzzing: tests/fuzz/<floor>/fuzz_<name>.c links what <floor> stands on, as unit tests do --------
# Inputs to begin with are in tests/fuzz/corpus/<name>/, what once failed in tests/fuzz/regress/<name>/.
# FUZZ=event narrows each goal to one target.
FUZZ         ?= *
FUZZ_SECONDS ?= 600
FUZZ_SRC     := $(wildcard tests/fuzz/*/fuzz_$(FUZZ).c)
FUZZ_NAMES   := $(patsubst fuzz_%.c,%,$(notdir $(FUZZ_SRC)))
ifeq ($(VARIANT),fuzz)
$(FUZZ_SRC:%.c=$(B)/%.o): $(B)/%.o: %.c | $(DEPS_BUILD) $(DEPS_TEST)
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(CC) $(CPPFLAGS) -Itests/fuzz $(CFLAGS) -MMD -MP -c $< -o $@
# Of one target: its name, its floor. A replay is not repeated until target or inputs change.
define fuzz_template
FUZZ_INPUTS_$(1) := $$(wildcard tests/fuzz/corpus/$(1)/* tests/fuzz/regress/$(1)/*)
$(B)/fuzz_$(1): $(B)/tests/fuzz/$(2)/fuzz_$(1).o $$(libs_of_$(2))
	$$(call say,LINK,$$@)
	$$(call link,-fsanitize=fuzzer $$< $$(libs_of_$(2)),$$(SYS_$(2)))
$(B)/fuzz_$(1).ok: $(B)/fuzz_$(1) $$(FUZZ_INPUTS_$(1))
	$$(call say,FUZZ,$$<)
	$$(Q)$$< $$(FUZZ_INPUTS_$(1)) >$$<.out 2>&1 || { cat $$<.out; exit 1; }
	@touch $$@
endef
$(foreach s,$(FUZZ_SRC),$(eval $(call fuzz_template,$(patsubst fuzz_%.c,%,$(notdir $s)),$(word 3,$(subst /, ,$s)))))
fuzz: $(FUZZ_NAMES:%=$(B)/fuzz_%)
fuzz-replay: $(FUZZ_NAMES:%=$(B)/fuzz_%.ok)
fuzz-run: fuzz
	@for t in $(FUZZ_NAMES); do mkdir -p $(B)/found/$$t; \
	  echo "FUZZ $$t for $(FUZZ_SECONDS) s; output in $(B)/fuzz_$$t.log"; \
	  $(B)/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$(B)/ -dict=tests/fuzz/words.dict \
	    $(B)/found/$$t $$(ls -d tests/fuzz/{corpus,regress}/$$t 2>/dev/null) >$(B)/fuzz_$$t.log 2>&1 \
	    || { tail -40 $(B)/fuzz_$$t.log; exit 1; }; grep -h 'stat::\|DONE' $(B)/fuzz_$$t.log | tail -8; done
else
fuzz: ## build the fuzz targets
fuzz-replay: ## run every fuzz target once over the inputs that are kept
fuzz-run: ## fuzz each target for FUZZ_SECONDS
fuzz fuzz-replay fuzz-run:
	@$(MAKE) --no-print-directory VARIANT=fuzz $@
endif

# --- Benchmarks: tests/bench/*.c, each a program that links the whole house ------------------------
BENCH_SRC := $(wildcard tests/bench/*.c)
BENCH_BIN := $(BENCH_SRC:%.c=$(B)/%)
BENCH_ON  := bus net journal client tls wire base
$(BENCH_BIN:%=%.o): $(B)/%.o: %.c | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC  ,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(BENCH_BIN): $(B)/%: $(B)/%.o $(foreach f,$(BENCH_ON),$(LIB_$(f)))
	$(call link,$< $(foreach f,$(BENCH_ON),$(LIB_$(f))),$(SYS_bus))
# ROWS=fanout,ingest runs only these; BENCH_SECONDS shortens each measurement.
bench: all $(BENCH_BIN) | $(DEPS_BENCH) ## measure, as ratios to a floor and to peers in the same run
	@BELLWIRE_BUILD=$(B) python3 tests/bench/run.py $(ROWS)

# --- Running ---------------------------------------------------------------------------------------
run: ## start it on http://127.0.0.1:8080 and show it a real task
	@$(AT_ONCE) all
	@tests/demo/run.sh

# --- Installing ------------------------------------------------------------------------------------
INSTALL_TO = $(DESTDIR)$(PREFIX)
install: $(PROGRAMS) ## install programs, library, header and manual pages; PREFIX, DESTDIR
	install -d $(addprefix $(INSTALL_TO)/,bin include lib/pkgconfig share/man/man1 share/man/man8 share/doc/bellwire/docs share/doc/bellwire/examples)
	install -m 755 $(B)/bellwired $(B)/bellwire $(INSTALL_TO)/bin
	install -m 644 $(B)/libbellwire.so $(INSTALL_TO)/lib/libbellwire.so.$(VERSION)
	ln -sfn libbellwire.so.$(VERSION) $(INSTALL_TO)/lib/$(SONAME)
	ln -sfn $(SONAME) $(INSTALL_TO)/lib/libbellwire.so
	install -m 644 clients/c/bellwire.h $(INSTALL_TO)/include
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' clients/c/bellwire.pc.in >$(INSTALL_TO)/lib/pkgconfig/bellwire.pc
	$(B)/bellwire --manual >$(INSTALL_TO)/share/man/man1/bellwire.1
	$(B)/bellwired --manual >$(INSTALL_TO)/share/man/man8/bellwired.8
	install -m 644 LICENSE README.md $(INSTALL_TO)/share/doc/bellwire
	install -m 644 $(wildcard docs/*.*) $(INSTALL_TO)/share/doc/bellwire/docs
	install -m 644 clients/c/examples/*.c $(INSTALL_TO)/share/doc/bellwire/examples

docs: | $(DEPS_DOCS) ## the library's reference, in build/docs/html; fails if something public is not described
	@mkdir -p build/docs
	{ cat clients/c/Doxyfile; echo OUTPUT_DIRECTORY=build/docs; echo PROJECT_NUMBER=$(VERSION); } | doxygen -

# --- Checks ----------------------------------------------------------------------------------------
empty :=
space := $(empty) $(empty)
LAYERS := $(foreach f,$(FLOORS),$(f)=$(DIR_$(f)):$(subst $(space),$(comma),$(strip $(ON_$(f)))))
check-layers: | $(DEPS_TEST) ## fail on an include that climbs a floor
	@python3 tests/lint/check_layers.py $(LAYERS)

# A file that was found clean is looked at again only when it, or a header it includes, changed.
C_FILES  := $(shell find bus web clients tests -name node_modules -prune -o -name '*.[ch]' -print 2>/dev/null)
LINT_SRC := $(filter-out tests/%,$(filter %.c,$(C_FILES)))
LINT_OK  := $(LINT_SRC:%=build/lint/%.ok)
format: | $(DEPS_LINT) ## put every C file into the project's format
	clang-format -i $(C_FILES)
lint: build/lint/format.ok build/lint/cppcheck.ok $(LINT_OK) ## clang-format, clang-tidy, cppcheck
build/lint/format.ok: $(C_FILES) .clang-format | $(DEPS_LINT)
	@mkdir -p $(@D)
	clang-format --dry-run -Werror $(C_FILES) && touch $@
build/lint/cppcheck.ok: $(LINT_SRC) $(filter %.h,$(C_FILES)) | $(DEPS_LINT)
	@mkdir -p $(@D) build/lint/cppcheck
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -j2 --cppcheck-build-dir=build/lint/cppcheck \
	  $(filter-out -D%,$(CPPFLAGS)) $(LINT_SRC) && touch $@
$(LINT_OK): build/lint/%.ok: % .clang-tidy $(filter %.h,$(C_FILES)) | $(DEPS_LINT) $(DEPS_BUILD)
	@mkdir -p $(@D)
	@echo 'TIDY $<'; clang-tidy --quiet $< -- $(CPPFLAGS) $(CSTD) 2>$@.err || { cat $@.err; exit 1; }
	@touch $@

asan: ## unit tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory VARIANT=asan unit
tsan: ## unit tests under ThreadSanitizer
	@$(MAKE) --no-print-directory VARIANT=tsan unit

-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean: ## remove everything built
	rm -rf build $(JS)/dist $(JS)/node_modules web/ui/node_modules
