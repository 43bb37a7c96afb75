// Paints a waveform with its times, ranges over it, and the playhead. Only a canvas is touched here.

import { clock, rulerStep } from "./scale.js";
import { loudest } from "./peaks.js";

export const RULER = 18;
const STRIP = 5;
const HANDLE = 3;
const WORDS = 17;

/** `ink`: {wave, quiet, line, muted, accent, panel, font}, colours as CSS writes them. */
export function paintWave(context, scale, height, sound, gain, ink) {
  // Above it are the strips of ranges, below it their words.
  const [top, bottom] = [RULER + STRIP + 2, height - WORDS];
  const [middle, half] = [(top + bottom) / 2, (bottom - top) / 2];
  context.fillStyle = ink.line;
  context.fillRect(0, middle, scale.width, 1);
  if (!sound) return;
  context.fillStyle = ink.wave;
  for (let x = 0; x < scale.width; x += 1) {
    const tall = Math.max(0.5, loudest(sound, scale.from + scale.lasting(x), scale.from + scale.lasting(x + 1)) * gain * half);
    context.fillRect(x, middle - tall, 1, 2 * tall);
  }
}

export function paintRuler(context, scale, ink) {
  const step = rulerStep(scale);
  context.font = `11px ${ink.font}`;
  context.textBaseline = "middle";
  for (let time = Math.ceil(scale.from / step) * step; time <= scale.to; time += step) {
    const x = Math.round(scale.x(time));
    context.fillStyle = ink.line;
    context.fillRect(x, 2, 1, RULER - 4);
    context.fillStyle = ink.muted;
    context.fillText(clock(time, step < 1000 ? 1 : 0), x + 4, RULER / 2);
  }
}

/**
 * `ranges`: {start, end, colour, words, lane, proposed, selected, lit}. `lanes`: how many lie over each other at most.
 * A range that nobody decided about is dashed.
 */
export function paintRanges(context, scale, height, ranges, lanes, ink) {
  const tall = (height - RULER) / Math.max(1, lanes);
  for (const range of ranges) {
    if (range.end < scale.from || range.start > scale.to) continue;
    const [left, right] = [scale.x(range.start), scale.x(range.end)];
    paintRange(context, range, { left, width: Math.max(1, right - left), top: RULER + (range.lane ?? 0) * tall, tall }, ink);
  }
}

function paintRange(context, range, { left, width, top, tall }, ink) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, tall);
  context.clip();
  context.fillStyle = range.colour;
  context.globalAlpha = range.selected ? 0.28 : range.lit ? 0.22 : range.proposed ? 0.07 : 0.14;
  context.fillRect(left, top, width, tall);
  context.globalAlpha = 1;
  context.setLineDash(range.proposed ? [5, 4] : []);
  context.strokeStyle = range.colour;
  context.lineWidth = STRIP;
  line(context, left, top + STRIP / 2, left + width, top + STRIP / 2);
  context.lineWidth = range.selected ? 2 * HANDLE : 2;
  line(context, left, top, left, top + tall);
  line(context, left + width, top, left + width, top + tall);
  context.setLineDash([]);
  if (width > 34) paintWords(context, range, left + 6, top + tall - 9, ink);
  context.restore();
}

function paintWords(context, { words, proposed }, x, y, ink) {
  context.font = `11.5px ${ink.font}`;
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = ink.panel;
  context.lineJoin = "round";
  const said = proposed ? `✦ ${words}` : words;
  context.strokeText(said, x, y);
  context.fillStyle = ink.ink;
  context.fillText(said, x, y);
}

export function paintPlayhead(context, scale, height, time, ink) {
  const x = Math.round(scale.x(time));
  context.fillStyle = ink.accent;
  context.fillRect(x - 0.5, RULER - 6, 1.5, height);
  context.beginPath();
  context.moveTo(x - 5, RULER - 8);
  context.lineTo(x + 6, RULER - 8);
  context.lineTo(x + 0.5, RULER);
  context.fill();
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

/** Ranges that lie over each other get lanes of their own: the lowest that is free over the whole length. */
export function lanesOf(ranges) {
  const ends = [];
  const lanes = new Map();
  for (const { id, start, end } of ranges) {
    let lane = ends.findIndex((free) => free <= start);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    lanes.set(id, lane);
  }
  return { lanes, count: Math.max(1, ends.length) };
}
