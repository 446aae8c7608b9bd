"""What the reviews of the demonstration month say."""

from __future__ import annotations

from incidents.reviews import rules

CORE, QUEUE, STORAGE = (
    "政务外网核心交换故障，两区一县无法访问",
    "全市待办推送中断",
    "机房断电，信息报送与即时通讯中断",
)
CONTENTS = {
    CORE: rules.Content(
        "hardware",
        "核心交换机板卡老化，主备切换未生效。",
        "三个区县同时报告，监测晚于用户两分钟发现。",
        "更换板卡，恢复主备；逐单位验证访问。",
        "备件前置；每季度演练主备切换。",
        "主备切换不能只看配置，要真切一次。",
    ),
    QUEUE: rules.Content(
        "capacity",
        "消息队列磁盘写满，阈值告警设在95%，来不及处置。",
        "用户报告待办不更新。",
        "清理积压，扩容磁盘。",
        "告警阈值改为70%，积压自动转存。",
    ),
    STORAGE: rules.Content(
        "power",
        "市电闪断，UPS 电池容量不足。",
        "机房值守人员发现。",
        "切换柴油发电机，恢复供电。",
        "更换电池。",
    ),
}
_USUAL = ("用户报告。", "恢复服务并逐项验证。", "列入每周巡检。")
ORDINARY = {
    "system_general": rules.Content("software", "程序缺陷，已由厂家修复。", *_USUAL),
    "system_major": rules.Content("config", "配置变更未复核。", *_USUAL),
    "line_general": rules.Content("network", "光缆受外力影响。", *_USUAL),
    "hardware": rules.Content("hardware", "部件老化。", *_USUAL),
}
ACTIONS = {
    CORE: (("核心交换板卡备件前置到市机房", "engineer", 6.0), ("主备切换演练并提交记录", "ops", 30.0)),
    QUEUE: (("队列磁盘告警阈值改为70%并验证", "ops", 22.0),),
}
