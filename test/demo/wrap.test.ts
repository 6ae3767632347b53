import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitted, wrapped } from '../../src/demo/wrap.ts';

test('lines break between words and never within one', () => {
  expect(wrapped('nobody reaches host-3; 8 virtual machines run on it', 20)).toEqual([
    'nobody reaches',
    'host-3; 8 virtual',
    'machines run on it',
  ]);
  expect(wrapped('see https://10.0.0.1/redfish/v1/Systems/1 there', 12)).toEqual([
    'see',
    'https://10.0.0.1/redfish/v1/Systems/1',
    'there',
  ]);
});

test('no line is too long unless it is one word, and no word is lost', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 30 }), (all, width) => {
      const lines = wrapped(all.join(' '), width);
      expect(lines.join(' ')).toBe(all.join(' '));
      for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
    }),
  );
});

test('columns between words are kept within a line', () => {
  expect(wrapped('order 1  db-05      → host-4', 40)).toEqual(['order 1  db-05      → host-4']);
});

test('what is cut to one line says that it was cut', () => {
  expect(fitted('READY   MESSAGE', 10)).toBe('READY   M…');
  expect(fitted('READY', 10)).toBe('READY');
});
