// 简体中文
import type { Words } from "./words.ts";

export const zh: Words = {
    "nav.overview": "概览",
    "nav.tasks": "任务",
    "nav.logs": "日志",
    "nav.main": "页面",
    "live.live": "实时",
    "live.polling": "离线，轮询中",
    "live.reconnecting": "重新连接中",
    "live.offline": "离线",
    "theme.toggle": "深色或浅色",
    "language.toggle": "English",
    "help.title": "键盘快捷键",
    "help.open": "键盘快捷键",
    "help.close": "关闭",
    "help.goto": "前往概览、任务、日志",
    "help.help": "显示此帮助",
    "error.page": "页面加载失败",
    "error.retry": "重试",
    "status.pending": "等待中",
    "status.running": "运行中",
    "status.paused": "已暂停",
    "status.completed": "已完成",
    "status.failed": "失败",
    "status.cancelled": "已取消",
    "status.timeout": "超时",
};
