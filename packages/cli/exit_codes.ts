/**
 * What the process says to the shell.
 *
 * @module
 */

/** Exit codes of `rsembed`. */
export const exitCodes = {
  /** All went well. */
  ok: 0,
  /** The work failed. */
  failed: 1,
  /** The command line, or the request it makes, cannot be meant. */
  usage: 2,
  /** Some places failed, as `--continue-on-error` allows; the others are written. */
  partial: 3,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;
