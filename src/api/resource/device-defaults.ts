import type { DeviceClaim, DeviceSubRequest, ExactDeviceRequest } from '../generated/resource-v1.ts';
import { structOf } from '../struct-of.ts';
import type { ResourceClaimSpec } from '../generated/resource-v1.ts';

/** Fills in what a claim asks for: one device where nothing is said. */
export function defaultResourceClaimSpec(spec: ResourceClaimSpec): void {
  const devices: DeviceClaim = structOf(spec, 'devices');
  for (const { exactly, firstAvailable } of devices.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) defaultRequest(request);
  }
}

function defaultRequest(request: ExactDeviceRequest | DeviceSubRequest): void {
  request.allocationMode ||= 'ExactCount';
  if (request.allocationMode === 'ExactCount') request.count ||= 1;
  for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal';
}
