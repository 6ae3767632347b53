import { expect } from 'vitest';
import { createRawApi } from '../../../cluster/rawApi.ts';
import { type Case, refusal } from '../arena.ts';

export const accessCases: readonly Case[] = [
  {
    title: 'answers 401 to a wrong token',
    run: async (at) => {
      const stranger = createRawApi({ ...at.server, token: 'wrong' });
      try {
        const reply = await stranger.call('GET', at.path('pools'));
        expect(refusal(reply)).toEqual({ code: 401, reason: 'Unauthorized', fields: [] });
      } finally {
        await stranger.close();
      }
    },
  },
  {
    title: 'lets nobody in without a token, as system:anonymous who may do nothing',
    run: async (at) => {
      const { token: _, ...server } = at.server;
      const nobody = createRawApi(server);
      try {
        for (const [method, path] of [
          ['GET', at.path('pools')],
          ['POST', at.path('pools')],
          ['GET', `/api/v1/namespaces/${at.namespace}/secrets/login`],
        ] as const) {
          const reply = await nobody.call(method, path);
          expect(refusal(reply)).toEqual({ code: 403, reason: 'Forbidden', fields: [] });
          expect(reply.text).toContain('User \\"system:anonymous\\" cannot');
        }
      } finally {
        await nobody.close();
      }
    },
  },
  {
    title: 'tells anybody that it is healthy and which version it is, and nothing more',
    run: async (at) => {
      const { token: _, ...server } = at.server;
      const nobody = createRawApi(server);
      try {
        expect((await nobody.call('GET', '/readyz')).status).toBe(200);
        expect((await nobody.call('GET', '/version')).status).toBe(200);
        expect((await nobody.call('GET', '/apis')).status).toBe(403);
      } finally {
        await nobody.close();
      }
    },
  },
];
