/**
 * A made-up world, for offline use and tests.
 *
 * @module
 */

export { syntheticCard } from "./card.ts";
export { syntheticProvider, worldVersion } from "./provider.ts";
