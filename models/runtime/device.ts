/**
 * Devices, and what to try for each.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { RsembedError } from "@rsembed/core";

/** Where a model may run. */
export type Device = "auto" | "cpu" | "cuda" | "coreml" | "dml" | "webgpu";

/** All devices, for checking names. */
export const devices: readonly Device[] = ["auto", "cpu", "cuda", "coreml", "dml", "webgpu"];

/** What `auto` tries before the CPU. WebGPU is never chosen unless it is asked for: its numbers are coarser. */
const accelerators: Readonly<Partial<Record<NodeJS.Platform, readonly Device[]>>> = {
  linux: ["cuda"],
  win32: ["cuda", "dml"],
  darwin: ["coreml"],
};

/**
 * The execution providers to try for a device, in order; the CPU is always last.
 *
 * @throws {RsembedError} `spec` for an unknown name
 */
export function providersFor(
  device: Device,
  platform: NodeJS.Platform = process.platform,
): string[] {
  if (!devices.includes(device)) {
    throw new RsembedError(
      "spec",
      `Cannot run on device "${device}": it is one of ${devices.join(", ")}`,
      { facts: { field: "device", value: device } },
    );
  }
  if (device === "cpu") return ["cpu"];
  if (device === "auto") return [...accelerators[platform] ?? [], "cpu"];
  return [device, "cpu"];
}

/** Threads of a session that asks for none: all processors, but not more than help a small batch. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(16, availableParallelism()));
}
