import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf, isSameDay, spoken } from '../src/times.ts';

const NOW = new Date(2026, 10, 29, 0, 10);

test('the last two days are called by their names, others by their dates', () => {
  const day = (at: Date, language: string) => dayOf(at, NOW, language);
  assert.equal(day(new Date(2026, 10, 29, 0, 1), 'en'), 'today');
  assert.equal(day(new Date(2026, 10, 28, 23, 59), 'en'), 'yesterday');
  assert.equal(day(new Date(2026, 10, 28, 23, 59), 'zh-CN'), '昨天');
  assert.equal(day(new Date(2026, 10, 27), 'en'), 'Friday, November 27');
  assert.equal(day(new Date(2025, 11, 31), 'zh-CN'), '2025年12月31日星期三');
});

test('times are as the reader has the language of the page', () => {
  assert.equal(spoken('en', ['de-DE', 'en-GB', 'en']), 'en-GB');
  assert.equal(spoken('zh-CN', ['en-GB', 'zh-TW']), 'zh-TW');
  assert.equal(spoken('en', ['de-DE']), 'en');
});

test('a day ends at midnight where the reader is', () => {
  assert.ok(isSameDay(new Date(2026, 10, 29, 23, 59), NOW));
  assert.ok(!isSameDay(new Date(2026, 10, 28, 23, 59), NOW));
});
