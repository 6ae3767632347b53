import { isObject, type JsonObject } from '../json.ts';
import type { User } from './users.ts';

/** Paths of `kubectl auth whoami` and `kubectl auth can-i`; nothing is stored under them. */
export const reviewPaths = new Set([
  '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
]);

/** Answers a review: who the user is, and that a user may do everything. */
export function review(document: unknown, user: User): JsonObject {
  const sent = isObject(document) ? document : {};
  const whoami = sent['kind'] === 'SelfSubjectReview';
  return {
    kind: whoami ? 'SelfSubjectReview' : 'SelfSubjectAccessReview',
    apiVersion: whoami ? 'authentication.k8s.io/v1' : 'authorization.k8s.io/v1',
    metadata: {},
    ...(whoami
      ? { status: { userInfo: { username: user.name, groups: user.groups } } }
      : {
          spec: sent['spec'],
          status: {
            allowed: true,
            reason: 'this server has no roles: whoever has a token may do everything',
          },
        }),
  };
}
