/**
 * What GDAL writes into TIFF tag 42112: a small XML of items, some of them of one band.
 *
 * @module
 */

/** Items of a file, and descriptions of its bands. */
export interface GdalMetadata {
  /** Items of the whole file. */
  readonly items: Readonly<Record<string, string>>;
  /** Description of each band that has one, by position. */
  readonly descriptions: ReadonlyMap<number, string>;
}

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** GDAL escapes values before it writes them as XML, which escapes them again. */
function unescapeTwice(text: string): string {
  const once = (escaped: string) =>
    escaped.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity]!);
  return once(once(text));
}

/** Longest text that is looked at, characters. */
const maxChars = 2 ** 20;

/** Reads the items of a text; what is not understood is left out. */
export function parseGdalMetadata(xml: string): GdalMetadata {
  const items: Record<string, string> = Object.create(null);
  const descriptions = new Map<number, string>();
  for (const match of xml.slice(0, maxChars).matchAll(/<Item\s([^<>]*)>([^<]*)<\/Item>/g)) {
    const attributes = new Map(
      [...match[1]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]),
    );
    const value = unescapeTwice(match[2]!).trim();
    const sample = attributes.get("sample");
    const name = unescapeTwice(attributes.get("name") ?? "");
    if (sample === undefined) {
      if (name !== "") items[name] = value;
    } else if (/^\d{1,5}$/.test(sample) && value !== "") {
      if (attributes.get("role") === "description") descriptions.set(Number(sample), value);
    }
  }
  return { items, descriptions };
}
