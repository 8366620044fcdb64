/**
 * Parts of files, wherever they lie.
 *
 * @module
 */

import { openByteFile } from "../tiff/byte_file.ts";
import type { RangeClient } from "./range_client.ts";

/** Whether an address is one of the web, not a path. */
export function isWebAddress(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

/** A client that reads files of this machine too: whatever is no address of the web is a path. */
export function anyClient(remote: RangeClient): RangeClient {
  return {
    traffic: remote.traffic,
    async read(href, range, options = {}) {
      if (isWebAddress(href)) return await remote.read(href, range, options);
      options.signal?.throwIfAborted();
      const file = await openByteFile(href);
      try {
        const length = Math.max(0, Math.min(range.length, file.size - range.offset));
        return { bytes: await file.read(range.offset, length), size: file.size };
      } finally {
        await file.close();
      }
    },
  };
}
