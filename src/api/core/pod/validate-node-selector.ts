import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  validateByRule,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../generated/core-v1.ts';

const NOT_AN_OPERATOR = 'not a valid selector operator';

/** Checks a choice of nodes, of a pod's affinity or a volume's. */
export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: FieldPath, errors: FieldError[]): void {
  const at = path.child('nodeSelectorTerms');
  if (nodeSelectorTerms.length === 0) errors.push(fieldRequired(at, 'must have at least one node selector term'));
  nodeSelectorTerms.forEach((term, index) => validateNodeSelectorTerm(term, true, at.index(index), errors));
}

/** Checks one alternative of a choice of nodes. `checkValues`: values must be such as labels can have; a mere preference need not. */
export function validateNodeSelectorTerm(term: NodeSelectorTerm, checkValues: boolean, path: FieldPath, errors: FieldError[]): void {
  term?.matchExpressions?.forEach((requirement, index) => {
    validateExpression(requirement, checkValues, path.child('matchExpressions').index(index), errors);
  });
  term?.matchFields?.forEach((requirement, index) => validateField(requirement, path.child('matchFields').index(index), errors));
}

function validateExpression(requirement: NodeSelectorRequirement, checkValues: boolean, path: FieldPath, errors: FieldError[]): void {
  const { key, operator, values = [] } = requirement;
  const at = path.child('values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(fieldRequired(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.push(fieldForbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.push(fieldRequired(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(fieldInvalid(path.child('operator'), operator ?? '', NOT_AN_OPERATOR));
  }
  errors.push(...validateByRule(key ?? '', isQualifiedName, path.child('key')));
  if (checkValues) values.forEach((value, index) => errors.push(...validateByRule(value, isLabelValue, at.index(index))));
}

/** The one field that can be selected by is the node's name. */
function validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: FieldPath, errors: FieldError[]): void {
  if (operator !== 'In' && operator !== 'NotIn') errors.push(fieldInvalid(path.child('operator'), operator ?? '', NOT_AN_OPERATOR));
  else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(fieldRequired(path.child('values'), text));
  }
  if (key !== 'metadata.name') errors.push(fieldInvalid(path.child('key'), key ?? '', 'not a valid field selector key'));
  else values.forEach((value, index) => errors.push(...validateByRule(value, isDns1123Subdomain, path.child('values').index(index))));
}
