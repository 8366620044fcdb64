/**
 * The world as the command line sees it, so that tests can put another in its place.
 *
 * @module
 */

/** Where a command writes to, and what may stop it. */
export interface Io {
  /** Results. */
  readonly out: (text: string) => void;
  /** Messages and progress. */
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal, where progress can be redrawn. */
  readonly isTty: boolean;
  /** Width of that terminal. */
  readonly columns: number;
  /** Aborted by Ctrl-C and SIGTERM, with an {@linkcode Interrupt}. */
  readonly signal: AbortSignal;
}

/** The reason of an interrupted command. */
export class Interrupt extends Error {
  /** Tells it from other errors. */
  override readonly name = "Interrupt";
  /** What the process says to the shell. */
  readonly exitCode: number;

  /** Makes the reason; `message` says who stopped the command. */
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
