// What is done later is done once, and as soon as anybody wanted it.
import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Alarm } from "../src/kit/alarm.ts";

test("the sooner of two times holds, whichever was asked for first", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    let rung = 0;
    const alarm = new Alarm(() => rung++);
    alarm.in(15_000); // in any case …
    alarm.in(1_000); // … and now there is a reason
    alarm.in(1_500);
    t.mock.timers.tick(999);
    assert.equal(rung, 0);
    t.mock.timers.tick(1);
    assert.equal(rung, 1);
    t.mock.timers.tick(20_000);
    assert.equal(rung, 1, "once");
    alarm.in(1_000);
    t.mock.timers.tick(1_000);
    assert.equal(rung, 2, "and again when it is asked for again");
});

test("what was called off is not done, and may be asked for anew", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    let rung = 0;
    const alarm = new Alarm(() => rung++);
    alarm.in(10);
    alarm.cancel();
    t.mock.timers.tick(100);
    assert.equal(rung, 0);
    alarm.in(50);
    t.mock.timers.tick(50);
    assert.equal(rung, 1);
});
