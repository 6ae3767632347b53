import { failureScenarios } from './failure.scenarios.ts';
import { holdScenarios } from './scenario.ts';

holdScenarios(failureScenarios);
