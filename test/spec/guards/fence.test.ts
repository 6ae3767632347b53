import { fenceScenarios } from './fence.scenarios.ts';
import { holdScenarios } from './scenario.ts';

holdScenarios(fenceScenarios);
