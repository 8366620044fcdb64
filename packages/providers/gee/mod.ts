/**
 * Imagery from Google Earth Engine.
 *
 * @module
 */

export { type AccessSettings, likelyAccess, type Surroundings } from "./access.ts";
export { geeCard } from "./card.ts";
export { type ExpressionGraph, type ValueNode } from "./expression.ts";
export { type CustomImage, type CustomImageRequest } from "./layers.ts";
export { geeProvider, type GeeSettings } from "./provider.ts";
export { type ServiceOptions } from "./service.ts";
export { type TokenSource } from "./tokens.ts";
