// The pages begin here.
import "./style.scss";
import "./shell/shell.ts";

document.body.append(document.createElement("bw-shell"));
