# hv16: one Makefile, one level. `make` builds build/hv16.img; `make help` lists the rest.

CC      := gcc
NASM    := nasm
PYTHON  := /usr/bin/python3
B       := build
Q       := $(if $V,,@)# make V=1 shows the commands
HV16    := PYTHONPATH=tools $(PYTHON) -m hv16

WARN    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
# The hypervisor: no libc, no vector registers, which are the guest's all the time.
# Small, because it is read before it is run; and a function that is called once keeps its name in
# the debugger.
OPT     := -Oz -malign-data=abi -fno-inline-functions-called-once
HVFLAGS := -std=c17 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
           -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic -fno-stack-protector \
           -fno-asynchronous-unwind-tables -fomit-frame-pointer -fcf-protection=none \
           -fno-delete-null-pointer-checks --param=min-pagesize=0 $(WARN) -Wno-override-init -Ihv
ASFLAGS := -I$B/ -Ihv/ -Imbr/ -Istage2/ -Iguest16/ -w+error

HV_C    := $(sort $(wildcard hv/*.c hv/*/*.c hv/*/*/*.c))
HV_ASM  := hv/entry.asm hv/host/faults.asm hv/init/trampoline.asm hv/vmx/enter.asm hv/svm/enter.asm hv/svm/take.asm hv/guest/resident_blob.asm
HV_OBJ  := $(HV_ASM:%.asm=$B/%.asm.o) $(HV_C:%.c=$B/%.o)
HEADERS := $(wildcard hv/*.h hv/*/*.h hv/*/*/*.h) Makefile
BOOTINC := $B/layout.inc $(wildcard mbr/*.inc)

LAB     := $(shell cat labs/handout 2>/dev/null)# the files of a student's build

.PHONY: all run debug bench test test-guests test-debian13 check-labs libfuzzer audit proof fuzz unit units check pictures symbols clean help
all: $B/hv16.img symbols

help:
	@echo "make          build $B/hv16.img and $B/guest16.img"
	@echo "make run      boot it in Bochs          (./run.sh --help has all options)"
	@echo "make debug    boot it in the Bochs debugger"
	@echo "make bench    what exits cost"
	@echo "make test     all tests   make unit    host tests only   make check    style and rules"
	@echo "make test-guests  Linux and memtest86+ in every APIC mode: minutes, downloads"
	@echo "make test-debian13  the README's commands and all tests on a fresh Debian 13"
	@echo "make libfuzzer, make audit, make proof, make fuzz   minutes each: tests/README.md"
	@echo "make pictures the documents' pictures from their texts: docs/pictures/README.md"
	@echo "make check-labs   every lab: starter, reference, wrong solutions, handout"
	@echo "make clean    remove what was built"

run debug bench:
	./run.sh $(@:run=)

# --- constants shared with assembly: C is the truth ----------------------------------------------
$B/gen_inc: tools/gen_inc.c $(HEADERS) | $B
	@echo "  cc   $<"
	$Q$(CC) -std=c17 $(WARN) -Ihv -o $@ $<
$B/layout.inc: $B/x86.inc
$B/%.inc: $B/gen_inc
	$Q$B/gen_inc $* > $@

# --- flat binaries, each with a map of its symbols ---------------------------------------------------
FLAT = @echo "  nasm $<"; $(NASM) -f bin $(ASFLAGS) -DMAPFILE=$(@:.bin=.map) -o $@ $<
$B/mbr.bin: mbr/mbr.asm $(BOOTINC)
	$(FLAT)
$B/stage2.bin: stage2/stage2.asm $(wildcard stage2/*.asm) $(BOOTINC)
	$(FLAT)
$B/resident.bin: hv/guest/resident.asm $(BOOTINC)
	$(FLAT)
$B/guest16.bin: guest16/guest16.asm $(wildcard guest16/*.asm) $(BOOTINC)
	$(FLAT)

# --- the hypervisor -------------------------------------------------------------------------------------
$B/%.o: %.c $(HEADERS)
	@mkdir -p $(@D); echo "  cc   $<"
	$Q$(CC) $(OPT) $(HVFLAGS) -c -o $@ $<
# Where a tick counts: the way of every exit, and that of an access to the APIC's page.
$B/hv/exits/%.o $B/hv/vmx/loop.o: OPT := -Os
$(addprefix $B/hv/,apic/%.o emulate/%.o virt/%.o vmx/v%.o vmx/w%.o vmx/exit_facts.o svm/loop.o \
    model/lapic%.o model/lapic.o model/execute.o mem/ept.o): OPT := -O2 -fno-inline-functions-called-once
$B/%.asm.o: %.asm $B/layout.inc
	@mkdir -p $(@D); echo "  nasm $<"
	$Q$(NASM) -f elf64 $(ASFLAGS) -o $@ $<
# A student's files (labs/): LAB_TODO is known there, and a warning is no error.
$(LAB:%.c=$B/%.o): HVFLAGS += -include hv/lab.h -Wno-error -Wno-unused
$(if $(LAB),$(eval ASFLAGS += -Pmbr/lab.inc))
$B/hv/guest/resident_blob.asm.o: $B/resident.bin
$B/hv.elf: $(HV_OBJ) hv/hv.ld
	@echo "  ld   $@"
	$Qld -nostdlib -static -z noexecstack --no-warn-rwx-segments -T hv/hv.ld -o $@ $(HV_OBJ)
$B/hv.bin: $B/hv.elf
	$Qobjcopy -O binary $< $@

$B/hv16.img: $B/mbr.bin $B/stage2.bin $B/hv.bin $B/guest16.bin tools/hv16/image.py
	@echo "  img  $@"
	$Q$(HV16) image
symbols: $B/hv16.img
	@$(HV16) symbols

pictures: $(patsubst %.pikchr,%.svg,$(wildcard docs/pictures/*.pikchr))
docs/pictures/%.svg: docs/pictures/%.pikchr docs/pictures/style.inc docs/pictures/pictures.py
	$(PYTHON) docs/pictures/pictures.py draw $@

# --- tests --------------------------------------------------------------------------------------------------
# Pure logic is what lies in these two folders. It is compiled unchanged for the host, with the
# sanitizers, one program for each test file.
PURE    := $(wildcard hv/model/*.c hv/model/*/*.c hv/vmx/explain/*.c)
UNITS   := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
HOST    := -std=c17 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover $(WARN) -Ihv -Itests/unit
$B/unit/%.o: hv/%.c $(HEADERS)
	@mkdir -p $(@D); echo "  host $<"
	$Q$(CC) $(HOST) -c -o $@ $<
$B/unit/pure.a: $(PURE:hv/%.c=$B/unit/%.o)
	$Qar rcs $@ $^
$B/unit/test_%: tests/unit/test_%.c $(wildcard tests/unit/*.h) hv/lib/string.c $B/unit/pure.a
	@echo "  host $<"
	$Q$(CC) $(HOST) -o $@ $< $B/unit/pure.a -lcmocka $(if $(findstring zydis,$@),-lZydis)

units: $(UNITS)
unit: units
	@for t in $(UNITS); do $$t || exit 1; done
check: all
	$(PYTHON) tools/check.py
	$(PYTHON) tools/floors.py
	$(PYTHON) docs/pictures/pictures.py check
	@echo clang-format; clang-format --dry-run -Werror $(wildcard hv/*.[ch] hv/*/*.[ch] hv/*/*/*.[ch] tools/*.c tests/*/*.[ch])
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --std=c11 -Ihv \
	    --suppress=legacyUninitvar:hv/vmx/vmcs.h --suppress=normalCheckLevelMaxBranches \
	    --suppress=arrayIndexOutOfBoundsCond:hv/vmx/loop.c --suppress=nullPointer:hv/guest/restart.c \
	    hv # it does not know asm goto, a _Noreturn with attributes, and that address 0 is memory
	shellcheck run.sh .ci/run tests/debian13.sh
test: all units
	$(PYTHON) -m pytest -q -n 2 --dist loadfile --ignore tests/guests --ignore tests/labs tests
check-labs: all
	$(PYTHON) -m pytest -q -n 2 tests/labs
# Minutes; in `make test` each has seconds.
libfuzzer audit proof: all
	$(PYTHON) tests/$@/$@.py $(ARGS)
fuzz: all
	$(PYTHON) -B tests/fuzz/fuzz.py --seed $(or $(SEED),1) --seconds $(or $(SECONDS),60) $(APIC:%=--apic %)
# Real operating systems, from Debian's packages.
$B/guests/%.img: tests/guests/%.py tests/guests/grub_disk.py
	./run.sh setup guests
	$(PYTHON) $<
test-guests: all $B/guests/linux.img $B/guests/memtest.img
	$(PYTHON) -m pytest -q -rPs tests/guests
# Today's stable Debian, in a folder: skipped in words where that cannot be made.
test-debian13:
	./run.sh setup debian13 || true
	tests/debian13.sh

$B:
	@mkdir -p $@
clean:
	rm -rf $B out
