import { badRequest } from '#apimachinery';
import type { SelfSubjectRulesReview } from '#api/generated/authorization-v1.ts';
import { nodeNameOf, type Rbac } from '../../authz/index.ts';
import type { UserInfo } from '../../types.ts';

/** All that I may do in a namespace. For nodes that is not everything: the node authorizer cannot be put into rules. */
export function selfSubjectRulesReview(review: SelfSubjectRulesReview, user: UserInfo, rbac: Rbac): SelfSubjectRulesReview {
  const namespace = review.spec?.namespace;
  if (!namespace) throw badRequest('no namespace on request');
  const { rules, errors } = rbac.rulesFor(user, namespace);
  const problems = [...errors];
  if (nodeNameOf(user) !== undefined) problems.push('node authorizer does not support user rule resolution');
  return {
    ...review,
    status: {
      resourceRules: rules
        .filter(({ resources }) => resources?.length)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames?.length ? { resourceNames } : {}),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: problems.length > 0,
      ...(problems.length > 0 ? { evaluationError: problems.join(', ') } : {}),
    },
  };
}
