// The choice of a language, and what is put into a text.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { chooseLanguage, t } from "../src/words/words.ts";
import { en } from "../src/words/en.ts";
import { zh } from "../src/words/zh.ts";

test("what was chosen comes before what the browser asks for, and English before nothing", () => {
    assert.equal(chooseLanguage("zh", ["en"]), "zh");
    assert.equal(chooseLanguage(null, ["fr", "zh-CN", "en"]), "zh");
    assert.equal(chooseLanguage("xx", ["fr"]), "en");
});

test("both languages put the same values into each text", () => {
    const names = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) assert.deepEqual(names(zh[key]), names(en[key]), key);
});

test("a text without values is itself", () => assert.equal(t("nav.tasks"), "Tasks"));
