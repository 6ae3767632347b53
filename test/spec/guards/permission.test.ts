import { permissionScenarios } from './permission.scenarios.ts';
import { holdScenarios } from './scenario.ts';

holdScenarios(permissionScenarios);
