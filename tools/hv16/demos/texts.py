"""What `demo` says below its tables: the question, and the answer that the table shows."""

TEXTS = {
    "tpr-shadow": """\
The question (seeds/000_be79161bff77d751.txt): with the APIC-access page mapped read-only, Windows
XP runs well and up to three times faster than with every access emulated. Mapped for writing, it
dies with IRQL_NOT_LESS_OR_EQUAL. Is the value in the virtual-APIC page not to be trusted?

It is the only one to be trusted. In tpr-ro each write of TPR is an EPT violation, so a hypervisor
sees every value and may keep a copy. In tpr the processor writes offset 80H of the virtual-APIC
page and tells nobody. A hypervisor that still computes the priority from its copy (bug=stale-tpr)
delivers interrupts into code that has raised TPR to be safe from them. The same bug does nothing
in mmio and tpr-ro: there the copy is renewed by each exit. It was there all the time.

The second half is the way down. Nobody tells the hypervisor either that TPR has been lowered,
unless it says below which class it wants to know: the TPR threshold. Without it (bug=no-threshold)
an interrupt that was held back stays in IRR until some other exit happens to come by. So: read TPR
from the page each time, and work out the threshold anew whenever IRR, ISR or TPR has changed.""",
    "spinlocks": """\
The question (seeds/004_8b426f7ab292b2ac.txt): on AMD's processors KVM learns that TPR was lowered
by an intercept of MOV CR8. When must it be on? The mail answers with this example from Windows: two
nested spinlocks, which raise TPR to 2; a timer interrupt of class 13 inside; and the "deferred
procedure call" that its handler asks for by an interrupt of class 2, which must wait.

IRR and ISR, TPR and PPR are those of the mail, and its intercept follows from them: on while TPR
holds back the highest of IRR and ISR. It costs an exit for each write, so the second lock is taken
and released with two exits, and the release of the first is the third. Intel's TPR threshold is the
same idea with a number: TPR may be written as often as one likes, and only the write that goes
below the threshold exits. That is one exit in tpr, and the only one that TPR makes. It also looks
at IRR alone: what is in service comes to an end by an EOI, which is an exit of its own.

Both go wrong in the same way. If the condition is not looked at again when it may have changed, at
a request, an EOI, a delivery, a write that exits, the deferred call comes too early or never.""",
    "three-addresses": """\
The question (seeds/001_38ef5c1844629d76.txt): what are the three addresses for, and is the
virtual-APIC page only for TPR?

IA32_APIC_BASE is where software looks: the guest's own, which it may move, and the machine's,
which no guest should reach. The APIC-access address is a mark and no memory: EPT leads the guest's
accesses to its page there, and the processor handles those by itself. Nothing is ever stored in
that page, so all processors of a guest can share it, and one EPT. The virtual-APIC address is the
memory behind it, a page for each processor.

Three ways lead to its offset 80H: the APIC-access page, MSR 808H, and MOV CR8. The table counts
exits for each. With TPR shadow alone (tpr) that is all the page is for. APIC-register
virtualization (apicv, x2apic) makes it the whole APIC: reads of nearly every register come from
it, and virtual-interrupt delivery finds IRR and ISR there.""",
    "init-ipi": """\
The question (seeds/003_913debcc2571e2e4.txt): a guest sends itself an INIT through the APIC. The
hypervisor handles exit 3, resets the guest's registers, resumes, and gets exit 3 again, for ever, the
guest's RIP still where it was put. How is the INIT to be acknowledged?

On a processor, by nothing: the exit has done it. Resetting the guest and resuming is right (apic=off
on Bochs 2.8 and later: one exit). An emulator that leaves the INIT pending, as Bochs does up to 2.7,
exits again at each entry, and no field of the VMCS and no bit of the APIC helps, because INITs are
blocked, not cleared, while the hypervisor runs. bug=sticky-init stages just that where it is not so.
What it takes is VMXOFF: then the INIT comes, resets the processor for real, and the BIOS is told to
lead back (CMOS 0Fh, 40:67), where VMX begins anew with the old VMCS (init=ack). The simpler way that
the author hoped to avoid is the better one: virtualize the APIC, so that the guest's write to the
command register exits, and no INIT is ever sent. It also brings up the second processor, and costs
the guest nothing.""",
    "ipi": """\
An interrupt for another processor leaves the sender by a write of ICR, which exits: hv16 has to find
out who is meant. The receiver runs in the guest, so something must tell it. In mmio to x2apic that is
an NMI, which exits whatever the guest does (reason 0), and hv16 injects the interrupt at the next entry;
where the EOI is not virtualized it exits as well (44 or 48). A processor with "process posted
interrupts" needs none of this: hv16 sets the vector's bit in a descriptor in memory and sends a
notification, and the receiver moves the bits to its virtual IRR by itself and delivers, without an exit.
With apic=off nobody exits, because hv16 has no part in it.""",
    "x2apic-id": """\
The question (seeds/002_c35ae5bdfc062098.txt): with x2APIC virtualization on, RDMSR 802H returns
2621447225 on every core. Why is it not the APIC ID?

Because nobody wrote the ID there. With APIC-register virtualization the processor answers RDMSR of
8xxH with the 8 bytes at offset xx0H of the virtual-APIC page, and asks no APIC. The page is plain
memory: what it held before is what the guest reads, the same on all processors if they share it or
got pages filled alike. bug=raw-page does that with DEADBEEFH.

So each virtual processor gets a page of its own, cleared, with ID (20H), version (30H), LDR (D0H)
and the other registers set to their values after reset. In x2APIC mode ID and LDR are 32 bits, and
change when the guest sets IA32_APIC_BASE.EXTD.""",
}
