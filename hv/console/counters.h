/*
 * console/counters.h: how often each exit reason occurred.
 */
#pragma once

/* One line for each exit reason that occurred, of each vCPU. */
void counters_log(void);
