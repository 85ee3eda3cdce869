"""The tools around hv16: disk images, emulators, runs and what they leave behind."""
