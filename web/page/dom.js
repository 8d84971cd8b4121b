// Making elements. Text is only ever set as text, so nothing a task says becomes markup.

export function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name === "class") node.className = value;
        else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

export const byId = (id) => document.getElementById(id);

// Touches the document only when something changes: most updates change little of a row.
export function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

export function setTime(node, iso, text) {
    setText(node, text);
    if (node.dateTime === iso) return;
    node.dateTime = iso;
    node.title = iso ? new Date(iso).toLocaleString() : "";
}

export function copyButton(getText) {
    const button = el("button", { class: "copy", type: "button" }, "Copy");
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(getText());
            button.textContent = "Copied";
        } catch {
            button.textContent = "Not allowed";
        }
        setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    return button;
}
