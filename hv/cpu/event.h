/*
 * cpu/event.h: an event as both makers write it: one to inject, one that an exit has interrupted,
 * or the reason of the exit. Source: SDM volume 3, "VM-Entry Interruption-Information Field"
 * (3C 25.8.3); APM volume 2, "Event Injection" (15.20), whose types are 0, 2, 3 and 4 of these.
 */
#pragma once

#define INTERRUPTION_VECTOR         0x000000ffu
#define INTERRUPTION_TYPE           0x00000700u
#define INTERRUPTION_TYPE_EXTERNAL  0x00000000u
#define INTERRUPTION_TYPE_RESERVED  0x00000100u
#define INTERRUPTION_TYPE_NMI       0x00000200u
#define INTERRUPTION_TYPE_EXCEPTION 0x00000300u /* hardware exception */
#define INTERRUPTION_TYPE_SOFT_INT  0x00000400u /* software interrupt, INT n */
#define INTERRUPTION_TYPE_PRIV_SOFT 0x00000500u /* privileged software exception, INT1 */
#define INTERRUPTION_TYPE_SOFT_EXC  0x00000600u /* software exception, INT3 or INTO */
#define INTERRUPTION_TYPE_OTHER     0x00000700u /* entry only: pending MTF exit, SYSCALL */
#define INTERRUPTION_ERROR_CODE     0x00000800u /* an error code is delivered */
#define INTERRUPTION_NMI_UNBLOCKED  0x00001000u /* exit only: by a faulting IRET */
#define INTERRUPTION_VALID          0x80000000u
