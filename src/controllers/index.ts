export { DEFAULT_CONTROLLER_OPTIONS, type ControllerContext, type ControllerOptions, type StartController } from './context.ts';
export { CONTROLLERS, selectControllers } from './registry.ts';
export { startControllers, type ControllersOptions } from './start-controllers.ts';
