import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanText } from "./clean_text.ts";

test("cleanText() collapses white space, trims and lowers", () => {
  assert.equal(cleanText("\t Two\nLINES \r\n and\u00a0tabs\u3000  "), "two lines and tabs");
  assert.equal(cleanText("   "), "");
});

test("cleanText() unescapes HTML twice, and leaves what is no entity", () => {
  assert.equal(cleanText("a &amp;amp; b &lt;c&gt; caf&eacute; &#39;&#x41;"), "a & b <c> café 'a");
  assert.equal(cleanText("&nosuch; &#99999999; R&D"), "&nosuch; \ufffd r&d");
  assert.equal(cleanText("&#0; &#xD800; &#128;"), "\ufffd \ufffd €");
});

test("cleanText() drops controls and terminal escapes, and straightens characters", () => {
  assert.equal(cleanText("a\u0007b\u001b[31mc"), "abc");
  assert.equal(cleanText("\u201cﬁeld\u201d it\u2019s ＦＵＬＬ"), '"field" it\'s full');
  assert.equal(cleanText("e\u0301"), "é");
});
