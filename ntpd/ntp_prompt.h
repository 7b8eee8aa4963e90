/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_prompt.h - what a thread that tells the time asks of the scheduler.
 */
#ifndef NTP_PROMPT_H
#define NTP_PROMPT_H

/* The calling thread is to wake up at once, and to sleep exactly. */
void prompt_thread(void);

#endif /* NTP_PROMPT_H */
