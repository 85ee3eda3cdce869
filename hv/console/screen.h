/*
 * console/screen.h: the hypervisor's part of the VGA text screen.
 *
 * The guest's rows are its own. In a mode of 80x25 characters, hv16 tells the BIOS that the screen
 * has 24 rows and keeps the 25th for one status line. A guest that uses the row all the same wins:
 * hv16 draws only over its own last line or over blanks.
 */
#pragma once

#include "vcpu.h"

/* Takes the last row from the BIOS, if the option status= wants it and the screen is in an 80x25
 * text mode. Call before the guest runs. */
void screen_status_open(void);

/* Draws the status line from the counters of `vcpu`, if hv16 has the row and it is free. */
void screen_status_draw(const struct vcpu *vcpu);

/* One message at the bottom of the screen, scrolling up what is there. For the end of a run. */
void screen_message(const char *text);
