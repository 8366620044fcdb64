/**
 * Text as CLIP's tokenizer wants it.
 *
 * @module
 */

/** Names of HTML for the characters 160 to 255, in their order. */
const latin =
  ("nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 " +
    "acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde " +
    "Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute " +
    "Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde " +
    "auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute " +
    "ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml").split(" ");

const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["hellip", "\u2026"],
  ["ndash", "\u2013"],
  ["mdash", "\u2014"],
  ["lsquo", "\u2018"],
  ["rsquo", "\u2019"],
  ["ldquo", "\u201c"],
  ["rdquo", "\u201d"],
  ["bull", "\u2022"],
  ["euro", "\u20ac"],
  ["trade", "\u2122"],
  ...latin.map((name, i): [string, string] => [name, String.fromCodePoint(160 + i)]),
]);

/** What Windows-1252 has where Unicode has the control characters 128 to 159; a blank where it has nothing. */
const windows1252 =
  "\u20ac \u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152 \u017d  \u2018\u2019\u201c\u201d" +
  "\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153 \u017e\u0178";

function character(code: number): string {
  if (code >= 128 && code < 160) return windows1252[code - 128]!;
  const isText = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  return isText ? String.fromCodePoint(code) : "\ufffd";
}

/** Entities of HTML as the characters they name; names beyond HTML 4's Latin 1 stay as they are. */
function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,20})|#[xX]([0-9a-fA-F]{1,20})|(\w{2,8}));?/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (decimal !== undefined) return character(Number(decimal));
      if (hex !== undefined) return character(Number.parseInt(hex, 16));
      return entities.get(name!) ?? whole;
    },
  );
}

/** Characters that stand for others: quotes that curl, joined letters, and those of full width. */
function plainCharacters(text: string): string {
  return text
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(
      /[\ufb00-\ufb06\uff01-\uff5e\uffe0-\uffe6\u3000]/g,
      (joined) => joined.normalize("NFKC"),
    )
    .normalize("NFC");
}

/** Without what terminals act on and nobody reads; control characters of Windows-1252 become its own. */
function withoutControls(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(/[\x80-\x9f]/g, (control) => character(control.charCodeAt(0)))
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\u206a-\u206f\ufff9-\ufffc]/g, "");
}

/**
 * Text without escapes, controls and runs of white space, in lower case.
 *
 * Source: open_clip, `tokenizer.py`: ftfy's repairs, `html.unescape` twice, white space, lower case. Of the repairs
 * those are made that need no guessing: text that was decoded with the wrong encoding stays as it is.
 */
export function cleanText(text: string): string {
  const repaired = plainCharacters(withoutControls(text));
  return unescapeHtml(unescapeHtml(repaired))
    // deno-lint-ignore no-control-regex
    .replace(/[\s\x85\x1c-\x1f]+/g, " ")
    .replace(/^ | $/g, "")
    .toLowerCase();
}
