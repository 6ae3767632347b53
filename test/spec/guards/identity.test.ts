import { identityScenarios } from './identity.scenarios.ts';
import { holdScenarios } from './scenario.ts';

holdScenarios(identityScenarios);
