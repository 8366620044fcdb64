/**
 * Running graphs: sessions in threads of their own, and batches.
 *
 * @module
 */

export { stackTensors, unstackTensors } from "./batch.ts";
export { type Device, devices } from "./device.ts";
export { hasExactInt8 } from "./exact_int8.ts";
export {
  openSession,
  type Session,
  type SessionOptions,
  type SessionRunOptions,
  type SessionTensor,
} from "./session.ts";
