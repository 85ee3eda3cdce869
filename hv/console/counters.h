/*
 * console/counters.h: how often each exit reason occurred.
 */
#ifndef HV16_CONSOLE_COUNTERS_H
#define HV16_CONSOLE_COUNTERS_H

/* One line for each exit reason that occurred, of each vCPU. */
void counters_log(void);

#endif
