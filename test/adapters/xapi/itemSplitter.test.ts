import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createItemSplitter } from '../../../src/adapters/xapi/itemSplitter.ts';

/** Feeds a text in the given pieces and gives what came out. */
function split(text: string, at: readonly [string, ...string[]], cuts: readonly number[]) {
  const items: unknown[] = [];
  const splitter = createItemSplitter(at, (item) => items.push(item));
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(cut, text.length);
    splitter.feed(text.slice(start, end));
    start = end;
  }
  splitter.feed(text.slice(start));
  return { items, outline: splitter.outline() };
}

const key = fc.oneof(fc.constantFrom('result', 'events', 'token', '{', '"', '\\', ','), fc.string());
const json = fc.jsonValue({ maxDepth: 4 });
const cuts = fc.array(fc.nat(400), { maxLength: 40 });
const spaces = fc.constantFrom(undefined, 1, 2);

test('takes out exactly the elements of the list, whatever is in them and wherever the text is cut', () => {
  fc.assert(
    fc.property(fc.array(json), fc.dictionary(key, json), cuts, spaces, (events, others, at, indent) => {
      const { events: _none, ...rest } = others;
      const reply = { jsonrpc: '2.0', result: { ...rest, events, token: '7,0' }, id: 1 };
      const { items, outline } = split(JSON.stringify(reply, null, indent), ['result', 'events'], at);
      expect(items).toEqual(JSON.parse(JSON.stringify(events)));
      expect(JSON.parse(outline)).toEqual(
        JSON.parse(JSON.stringify({ ...reply, result: { ...reply.result, events: [] } })),
      );
    }),
    { numRuns: 500 },
  );
});

test('takes out exactly the members of the object, one by one', () => {
  fc.assert(
    fc.property(fc.dictionary(key, json), cuts, spaces, (records, at, indent) => {
      const reply = { result: records, id: 1, jsonrpc: '2.0' };
      const { items, outline } = split(JSON.stringify(reply, null, indent), ['result'], at);
      expect(items).toEqual(
        Object.entries(records).map(([name, value]) => JSON.parse(JSON.stringify({ [name]: value }))),
      );
      expect(JSON.parse(outline)).toEqual({ result: {}, id: 1, jsonrpc: '2.0' });
    }),
    { numRuns: 500 },
  );
});

test('gives an error reply back whole', () => {
  const text = JSON.stringify({ error: { code: 1, message: 'X', data: ['events', '{'] }, id: 1 });
  expect(split(text, ['result', 'events'], [3, 9])).toEqual({ items: [], outline: text });
});

test('a text that breaks off never looks complete', () => {
  const text = JSON.stringify({
    jsonrpc: '2.0',
    result: { events: [{ a: '}]' }, { b: [1] }], token: '1,0' },
    id: 1,
  });
  for (let length = 0; length < text.length; length += 1) {
    expect(
      () => {
        JSON.parse(split(text.slice(0, length), ['result', 'events'], []).outline);
      },
      text.slice(0, length),
    ).toThrow(SyntaxError);
  }
});

test('an item that is no JSON is refused when it is complete', () => {
  expect(() => split('{"result":{"events":[{"a":1},{oops}]}}', ['result', 'events'], [])).toThrow(
    SyntaxError,
  );
});

test('a record or a rest without an end is refused before it fills the memory', () => {
  const splitter = createItemSplitter(['result'], () => {});
  splitter.feed('{"result":{"a":"');
  const chunk = 'x'.repeat(1024 * 1024);
  expect(() => {
    for (let n = 0; n < 20; n += 1) splitter.feed(chunk);
  }).toThrow('one record is longer than');
  const html = createItemSplitter(['result'], () => {});
  expect(() => {
    for (let n = 0; n < 20; n += 1) html.feed(chunk);
  }).toThrow('the reply without its records is longer than');
});
