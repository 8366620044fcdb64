/**
 * Zarr in object storage: S3, and services that speak like it.
 *
 * @module
 */

export { type S3Options } from "./client.ts";
export { type S3Credentials } from "./signature.ts";
export { parseS3Url, putFile, s3Store, type S3StoreOptions } from "./store.ts";
export { getFile, s3Values, type S3ValuesOptions } from "./values.ts";
