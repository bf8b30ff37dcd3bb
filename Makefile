# Native code. `npm start` and `npm test` call this; a person may call it by hand.
#
#   make native           build/native/release/NAME.node for every folder with an addon
#   make native-sanitize  the same addons under AddressSanitizer and UBSan, in build/native/sanitize
#   make native-test      every *_test.cc, under sanitizers, one line each
#   make native-arm64     the addons for arm64, by Debian's cross compiler, in build/native-arm64
#   make native-arm64-test  their tests without sanitizers, under qemu
#   make clean            removes build/native
#
# A folder's addon is its *.cc (less the tests) and common/native/*.cc. addon.cc holds the N-API glue: test programs leave it out.
# Code for one processor family carries a target attribute on the function and is chosen at run time; there is no -march here,
# so that a binary runs on every x86-64 and on arm64.

OUT      := build/native
FOLDERS  := drivers twin reservoir telemetry
ADDONS   := $(foreach folder,$(FOLDERS),$(if $(wildcard $(folder)/native/addon.cc),$(folder)))
SOURCES  := $(sort $(wildcard common/native/*.cc $(FOLDERS:%=%/native/*.cc)))
TESTS    := $(patsubst %.cc,%,$(filter %_test.cc,$(SOURCES)))

CXXFLAGS := -std=c++17 -fPIC -fvisibility=hidden -pthread -Wall -Wextra -Werror
# The last define: in a worker that is being terminated nothing can be thrown, and an addon that tries must not abort the process.
CPPFLAGS := -I. -isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include \
            -DNAPI_VERSION=8 -DNAPI_DISABLE_CPP_EXCEPTIONS -DNODE_ADDON_API_DISABLE_DEPRECATED \
            -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
release  := -O3
sanitize := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# Objects of a folder: $(call objects,VARIANT,FOLDER,NAMES TO LEAVE OUT)
objects = $(patsubst %.cc,$(OUT)/obj/$(1)/%.o,$(filter-out %_test.cc $(3),$(filter common/native/% $(2)/native/%,$(SOURCES))))

.PHONY: native native-sanitize native-test native-arm64 native-arm64-test clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

native: $(ADDONS:%=$(OUT)/release/%.node)
native-sanitize: $(ADDONS:%=$(OUT)/sanitize/%.node)
native-test: $(TESTS:%=run/%)

# Sanitizers do not run under qemu's user mode. The libraries are those of Debian's cross compiler. qemu knows no request to an I2C bus and
# none for a terminal's rate as a number (TCGETS2): two tests that need one are left out.
NOT_UNDER_QEMU := drivers/native/linux_i2c_test twin/native/search_test
ARM64 := OUT=$(OUT)-arm64 CXX=aarch64-linux-gnu-g++
native-arm64:
	$(MAKE) native $(ARM64)
native-arm64-test:
	$(MAKE) native-test $(ARM64) RUN='qemu-aarch64-static -L /usr/aarch64-linux-gnu' sanitize='-O1 -g' TESTS='$(filter-out $(NOT_UNDER_QEMU),$(TESTS))'

clean:
	rm -rf $(OUT)

# Written only when the list changes: a source that is removed must leave the addon too.
$(OUT)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(SOURCES)' | cmp -s - $@ || echo '$(SOURCES)' > $@

# Files appear under their final name only when complete: another make, or a Node that is starting, may look at any moment.
define variant
$(OUT)/obj/$(1)/%.o: %.cc Makefile
	@mkdir -p $$(@D)
	$$(CXX) $$(CPPFLAGS) $$(CXXFLAGS) $$($(1)) -MMD -MP -MT $$@ -MF $$@.$$$$PPID.d -c $$< -o $$@.$$$$PPID && \
	mv -f $$@.$$$$PPID.d $$(@:.o=.d) && mv -f $$@.$$$$PPID $$@
endef
$(foreach v,release sanitize,$(eval $(call variant,$(v))))

define addon
$(OUT)/$(1)/$(2).node: $(call objects,$(1),$(2)) $(OUT)/sources
	@mkdir -p $$(@D)
	$$(CXX) -shared -pthread $$($(1)) $$(filter %.o,$$^) -o $$@.$$$$PPID && mv -f $$@.$$$$PPID $$@
endef
$(foreach v,release sanitize,$(foreach a,$(ADDONS),$(eval $(call addon,$(v),$(a)))))

define test
$(OUT)/test/$(1): $(OUT)/obj/sanitize/$(1).o $(call objects,sanitize,$(firstword $(subst /, ,$(1))),%/addon.cc) $(OUT)/sources
	@mkdir -p $$(@D)
	$$(CXX) -pthread $$(sanitize) $$(filter %.o,$$^) -o $$@.$$$$PPID && mv -f $$@.$$$$PPID $$@

.PHONY: run/$(1)
run/$(1): $(OUT)/test/$(1)
	@if $(RUN) $$< > $$<.log 2>&1; then echo "ok   $(1): $$$$(tail -n 1 $$<.log)"; else cat $$<.log; echo "FAIL $(1)"; exit 1; fi
endef
$(foreach t,$(TESTS),$(eval $(call test,$(t))))

-include $(wildcard $(OUT)/obj/*/*/native/*.d)
