// What a newcomer sees instead of nothing: how a first task comes to be.
import { html, type TemplateResult } from "lit";
import { copyButton } from "../../kit/copy.ts";
import { t } from "../../words/words.ts";

function way(says: string, command: string): TemplateResult {
    return html`<section class="bw-command"><h3>${says}</h3>${copyButton(() => command)}<pre tabindex="0"><code>${command}</code></pre></section>`;
}

export function welcome(): TemplateResult {
    const run = `bellwire run -- sh -c \\
  'for i in 1 2 3 4 5 6 7 8 9 10; do echo "$i/10"; sleep 1; done'`;
    const post = `curl ${location.origin}/api/v1/events \\
  -H 'Content-Type: application/json' \\
  -d '{"event_type": "TASK_UPDATED", "message": "Rendering",
       "data": {"id": "render-42", "progress": 25}}'`;
    return html`<div class="bw-card bw-welcome">
        <img src="/favicon.svg" alt="" width="56" height="56">
        <h2>${t("overview.welcome")}</h2>
        <p>${t("overview.welcome.text")}</p>
        <div class="bw-ways">${way(t("overview.welcome.run"), run)}${way(t("overview.welcome.post"), post)}</div>
        <p class="bw-waiting"><i></i>${t("overview.welcome.waiting")}</p>
    </div>`;
}
