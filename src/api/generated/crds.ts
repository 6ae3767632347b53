// Generated from crds/ by "npm run generate". Do not edit.
export const crds = [
 {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
   "name": "pools.kintsugi.dev"
  },
  "spec": {
   "group": "kintsugi.dev",
   "scope": "Namespaced",
   "names": {
    "kind": "Pool",
    "listKind": "PoolList",
    "plural": "pools",
    "singular": "pool",
    "shortNames": [
     "kpool"
    ],
    "categories": [
     "kintsugi"
    ]
   },
   "versions": [
    {
     "name": "v1alpha1",
     "served": true,
     "storage": true,
     "subresources": {
      "status": {}
     },
     "additionalPrinterColumns": [
      {
       "name": "Mode",
       "type": "string",
       "jsonPath": ".spec.mode"
      },
      {
       "name": "Master",
       "type": "string",
       "jsonPath": ".status.master.name"
      },
      {
       "name": "Members",
       "type": "string",
       "jsonPath": ".status.members.summary",
       "description": "members that answer, of all"
      },
      {
       "name": "VMs",
       "type": "integer",
       "jsonPath": ".status.virtualMachines.running",
       "description": "virtual machines that run, as the pool says"
      },
      {
       "name": "HA",
       "type": "string",
       "jsonPath": ".status.highAvailability"
      },
      {
       "name": "Ready",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
      },
      {
       "name": "Message",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message"
      },
      {
       "name": "Age",
       "type": "date",
       "jsonPath": ".metadata.creationTimestamp"
      }
     ],
     "schema": {
      "openAPIV3Schema": {
       "type": "object",
       "description": "A resource pool: how to recognise it, and how far the operator may go with it.",
       "required": [
        "spec"
       ],
       "properties": {
        "apiVersion": {
         "type": "string",
         "description": "Always kintsugi.dev/v1alpha1."
        },
        "kind": {
         "type": "string",
         "description": "Always Pool."
        },
        "metadata": {
         "type": "object"
        },
        "spec": {
         "type": "object",
         "description": "What people declare about the pool.",
         "required": [
          "hypervisor"
         ],
         "properties": {
          "hypervisor": {
           "type": "object",
           "description": "Which pool this is and how it is driven. Exactly one kind of hypervisor.",
           "required": [
            "xapi"
           ],
           "properties": {
            "xapi": {
             "type": "object",
             "description": "A Citrix Hypervisor, XenServer or XCP-ng pool, driven through XAPI. Its members are the Hosts that refer to this Pool.",
             "required": [
              "poolUUID",
              "credentialsSecretRef"
             ],
             "properties": {
              "poolUUID": {
               "type": "string",
               "description": "UUID of the pool. Nothing is done to a pool that answers with another one.",
               "minLength": 1,
               "maxLength": 36,
               "x-kubernetes-validations": [
                {
                 "rule": "self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",
                 "message": "poolUUID must be a lower-case UUID, as xe pool-list params=uuid prints it"
                },
                {
                 "rule": "self == oldSelf",
                 "message": "poolUUID cannot be changed, because it pins which pool is meant; delete this object and create a new one"
                }
               ]
              },
              "port": {
               "type": "integer",
               "description": "TCP port on which every member serves XAPI.",
               "default": 443,
               "minimum": 1,
               "maximum": 65535
              },
              "credentialsSecretRef": {
               "type": "object",
               "description": "Secret with the account that the operator uses on every member (local root, or pool-operator where only that is needed). A Host may name its own.",
               "required": [
                "name"
               ],
               "properties": {
                "name": {
                 "type": "string",
                 "description": "Name of the Secret, in the namespace of this object. It has the keys username and password.",
                 "minLength": 1,
                 "maxLength": 253
                }
               }
              }
             }
            }
           }
          },
          "mode": {
           "type": "string",
           "description": "Observe: nothing is changed, ever; the operator only shows what it sees. Manual: what people request in a RecoveryRequest is carried out.",
           "enum": [
            "Observe",
            "Manual"
           ],
           "default": "Observe"
          },
          "approval": {
           "type": "string",
           "description": "WhenDestructive: only plans with a destructive step wait for an approval. Always: every plan waits for an approval that names its hash.",
           "enum": [
            "WhenDestructive",
            "Always"
           ],
           "default": "WhenDestructive"
          },
          "paused": {
           "type": "array",
           "description": "Each entry is a reason why nothing may be done on this pool. Remove the last one to continue.",
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "reason"
            ],
            "properties": {
             "reason": {
              "type": "string",
              "description": "Why, in words that the next person understands.",
              "minLength": 1,
              "maxLength": 512
             }
            }
           }
          },
          "detection": {
           "type": "object",
           "description": "When silence becomes suspicion. Waiting longer never makes it proof.",
           "default": {},
           "properties": {
            "memberTimeoutSeconds": {
             "type": "integer",
             "description": "How long a member must have been silent before it is suspected and before a request may fence it.",
             "default": 600,
             "minimum": 10,
             "maximum": 86400
            }
           }
          },
          "limits": {
           "type": "object",
           "description": "How much may happen at once.",
           "default": {},
           "properties": {
            "failedMembers": {
             "type": "integer",
             "description": "If more members than this fail at the same time, nothing is done, because the cause is then rarely in the members.",
             "default": 1,
             "minimum": 1,
             "maximum": 8
            },
            "startsAtOncePerHost": {
             "type": "integer",
             "description": "How many virtual machines may be starting on one host at the same time.",
             "default": 4,
             "minimum": 1,
             "maximum": 64
            }
           }
          }
         }
        },
        "status": {
         "type": "object",
         "description": "What the operator sees. Nothing here is configuration.",
         "properties": {
          "observedGeneration": {
           "type": "integer",
           "format": "int64",
           "description": "The metadata.generation that this status is about."
          },
          "name": {
           "type": "string",
           "description": "The pool's own name."
          },
          "master": {
           "type": "object",
           "description": "The pool master, as found by asking the members.",
           "properties": {
            "name": {
             "type": "string",
             "description": "Name of the host."
            },
            "hostUUID": {
             "type": "string",
             "description": "UUID of the host."
            },
            "address": {
             "type": "string",
             "description": "Address of its management interface."
            }
           }
          },
          "members": {
           "type": "object",
           "description": "The members of the pool.",
           "properties": {
            "total": {
             "type": "integer",
             "description": "How many the pool knows."
            },
            "answering": {
             "type": "integer",
             "description": "How many answer at their own address."
            },
            "declared": {
             "type": "integer",
             "description": "How many are declared as Hosts."
            },
            "summary": {
             "type": "string",
             "description": "Answering and total in one, for the list."
            }
           }
          },
          "highAvailability": {
           "type": "string",
           "description": "Whether the pool's own high availability is on. While it is, the operator only watches.",
           "enum": [
            "Enabled",
            "Disabled",
            "Unknown"
           ]
          },
          "virtualMachines": {
           "type": "object",
           "description": "Virtual machines as the pool's database has them.",
           "properties": {
            "total": {
             "type": "integer",
             "description": "All that the pool knows."
            },
            "running": {
             "type": "integer",
             "description": "Those that it believes to be running."
            }
           }
          },
          "softwareVersion": {
           "type": "string",
           "description": "Product version of the master."
          },
          "observedAt": {
           "type": "string",
           "format": "date-time",
           "description": "When the pool's database was last known to be current. It is refreshed every few minutes while nothing changes, and covers the Hosts and VirtualServers of this pool too."
          },
          "conditions": {
           "type": "array",
           "description": "What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "type"
           ],
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "type",
             "status",
             "reason",
             "message",
             "lastTransitionTime"
            ],
            "properties": {
             "type": {
              "type": "string",
              "description": "Name of the condition.",
              "maxLength": 64
             },
             "status": {
              "type": "string",
              "description": "True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.",
              "enum": [
               "True",
               "False",
               "Unknown"
              ]
             },
             "reason": {
              "type": "string",
              "description": "One word that programs can rely on.",
              "maxLength": 128
             },
             "message": {
              "type": "string",
              "description": "A sentence for people, with what would change it.",
              "maxLength": 4096
             },
             "lastTransitionTime": {
              "type": "string",
              "format": "date-time",
              "description": "When the status last changed."
             },
             "observedGeneration": {
              "type": "integer",
              "format": "int64",
              "description": "The metadata.generation for which this was judged."
             }
            }
           }
          }
         }
        }
       }
      }
     }
    }
   ]
  }
 },
 {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
   "name": "hosts.kintsugi.dev"
  },
  "spec": {
   "group": "kintsugi.dev",
   "scope": "Namespaced",
   "names": {
    "kind": "Host",
    "listKind": "HostList",
    "plural": "hosts",
    "singular": "host",
    "shortNames": [
     "khost"
    ],
    "categories": [
     "kintsugi"
    ]
   },
   "versions": [
    {
     "name": "v1alpha1",
     "served": true,
     "storage": true,
     "subresources": {
      "status": {}
     },
     "additionalPrinterColumns": [
      {
       "name": "Pool",
       "type": "string",
       "jsonPath": ".spec.poolRef.name"
      },
      {
       "name": "Role",
       "type": "string",
       "jsonPath": ".status.role"
      },
      {
       "name": "Power",
       "type": "string",
       "jsonPath": ".status.power.state"
      },
      {
       "name": "Enabled",
       "type": "boolean",
       "jsonPath": ".status.enabled"
      },
      {
       "name": "VMs",
       "type": "integer",
       "jsonPath": ".status.residents"
      },
      {
       "name": "Suspected",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Suspected\")].status"
      },
      {
       "name": "Ready",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
      },
      {
       "name": "Message",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message"
      },
      {
       "name": "Age",
       "type": "date",
       "jsonPath": ".metadata.creationTimestamp"
      }
     ],
     "schema": {
      "openAPIV3Schema": {
       "type": "object",
       "description": "One physical machine of a pool: how to recognise it, how to reach it, and how to cut its power for certain.",
       "required": [
        "spec"
       ],
       "properties": {
        "apiVersion": {
         "type": "string",
         "description": "Always kintsugi.dev/v1alpha1."
        },
        "kind": {
         "type": "string",
         "description": "Always Host."
        },
        "metadata": {
         "type": "object"
        },
        "spec": {
         "type": "object",
         "description": "What people declare about the machine.",
         "required": [
          "poolRef",
          "hostUUID",
          "address",
          "tls"
         ],
         "x-kubernetes-validations": [
          {
           "rule": "!has(self.power) || !self.power.exists(rung, has(rung.redfish)) || has(self.serial) || has(self.boardSerial) || has(self.systemUUID)",
           "message": "serial, boardSerial or systemUUID is needed beside a redfish rung, so that the power of another machine is never cut by mistake; give a number of this machine that its controller shows",
           "fieldPath": ".serial"
          }
         ],
         "properties": {
          "poolRef": {
           "type": "object",
           "description": "The Pool that this belongs to, in the same namespace. It cannot be changed.",
           "required": [
            "name"
           ],
           "x-kubernetes-validations": [
            {
             "rule": "self == oldSelf",
             "message": "poolRef cannot be changed; delete this object and create it again under the other pool"
            }
           ],
           "properties": {
            "name": {
             "type": "string",
             "description": "Name of the Pool.",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "hostUUID": {
           "type": "string",
           "description": "UUID of the host in its pool.",
           "minLength": 1,
           "maxLength": 36,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",
             "message": "hostUUID must be a lower-case UUID, as xe host-list params=uuid prints it"
            },
            {
             "rule": "self == oldSelf",
             "message": "hostUUID cannot be changed, because it pins which machine is meant; delete this object and create a new one"
            }
           ]
          },
          "address": {
           "type": "string",
           "description": "Address of its own management interface, where it answers whoever is master.",
           "minLength": 1,
           "maxLength": 253
          },
          "serial": {
           "type": "string",
           "description": "Serial number of the machine, as its firmware tells it and the pool shows it (xe host-param-get param-name=bios_strings: system-serial-number). The controller must show it as SerialNumber or as SKU, unless boardSerial or systemUUID is given. A number that makers leave on every board, or that two machines share, identifies nobody, and then nothing is done.",
           "minLength": 1,
           "maxLength": 128
          },
          "boardSerial": {
           "type": "string",
           "description": "Serial number of the mainboard, where the power controller shows that as SerialNumber instead of the machine's (some Dell machines do).",
           "minLength": 1,
           "maxLength": 128
          },
          "systemUUID": {
           "type": "string",
           "description": "UUID of the machine, as its power controller shows it in UUID. When it is given, a controller that shows another one is never believed.",
           "minLength": 1,
           "maxLength": 36,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$')",
             "message": "systemUUID must be a UUID, as the power controller shows it in UUID of its system"
            }
           ]
          },
          "tls": {
           "type": "object",
           "description": "How the host proves who it is.",
           "required": [
            "sha256Fingerprint"
           ],
           "properties": {
            "sha256Fingerprint": {
             "type": "string",
             "description": "SHA-256 fingerprint of the host's own certificate. The operator does not talk to a host that shows another one.",
             "minLength": 1,
             "maxLength": 95,
             "x-kubernetes-validations": [
              {
               "rule": "self.matches('^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$')",
               "message": "sha256Fingerprint must be the SHA-256 fingerprint of the certificate, 64 hexadecimal digits with or without colons (openssl x509 -noout -fingerprint -sha256)"
              }
             ]
            }
           }
          },
          "credentialsSecretRef": {
           "type": "object",
           "description": "Secret with the account for this host alone; the Pool's is used when it is absent.",
           "required": [
            "name"
           ],
           "properties": {
            "name": {
             "type": "string",
             "description": "Name of the Secret, in the namespace of this object. It has the keys username and password.",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "power": {
           "type": "array",
           "description": "The ladder of ways to prove that this machine has no power, tried in order. Without one nothing can be proven and no recovery is possible.",
           "maxItems": 4,
           "items": {
            "type": "object",
            "description": "Exactly one of redfish and attestation.",
            "x-kubernetes-validations": [
             {
              "rule": "has(self.redfish) != has(self.attestation)",
              "message": "each rung of power must have exactly one of redfish and attestation"
             }
            ],
            "properties": {
             "redfish": {
              "type": "object",
              "description": "A baseboard management controller that speaks Redfish.",
              "required": [
               "url",
               "credentialsSecretRef",
               "tls"
              ],
              "properties": {
               "url": {
                "type": "string",
                "description": "Root of the controller, https and without a path.",
                "minLength": 1,
                "maxLength": 253,
                "x-kubernetes-validations": [
                 {
                  "rule": "self.matches('^https://[^/ ]+$')",
                  "message": "url must be the https root of the controller, without a path, for instance https://10.0.9.13"
                 }
                ]
               },
               "systemId": {
                "type": "string",
                "description": "Id in the controller's Systems collection. Needed only where the collection has more than one member.",
                "minLength": 1,
                "maxLength": 128
               },
               "answersWithinSeconds": {
                "type": "integer",
                "description": "How long the controller may take for one answer before it counts as silent; 10 when absent. Nothing is done on what was asked more than 5 s ago, so one that regularly takes longer than 4.5 s can be read, but no recovery can rest on it.",
                "minimum": 1,
                "maximum": 30
               },
               "checkedAt": {
                "type": "string",
                "format": "date-time",
                "description": "When a person has made sure that this controller tells the truth about this very machine. It clears what was recorded against it before (status.distrust)."
               },
               "credentialsSecretRef": {
                "type": "object",
                "description": "Secret with the account of the controller. It needs the role Operator, or the privilege ConfigureComponents.",
                "required": [
                 "name"
                ],
                "properties": {
                 "name": {
                  "type": "string",
                  "description": "Name of the Secret, in the namespace of this object. It has the keys username and password.",
                  "minLength": 1,
                  "maxLength": 253
                 }
                }
               },
               "tls": {
                "type": "object",
                "description": "How the controller proves who it is.",
                "required": [
                 "sha256Fingerprint"
                ],
                "properties": {
                 "sha256Fingerprint": {
                  "type": "string",
                  "description": "SHA-256 fingerprint of the controller's certificate.",
                  "minLength": 1,
                  "maxLength": 95,
                  "x-kubernetes-validations": [
                   {
                    "rule": "self.matches('^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$')",
                    "message": "sha256Fingerprint must be the SHA-256 fingerprint of the certificate, 64 hexadecimal digits with or without colons (openssl x509 -noout -fingerprint -sha256)"
                   }
                  ]
                 }
                }
               }
              }
             },
             "attestation": {
              "type": "object",
              "description": "A person's word, given in the RecoveryRequest, that this machine has no power. Use it when no device can tell.",
              "properties": {
               "maxValidForSeconds": {
                "type": "integer",
                "description": "For how long such a word may count at most; an hour (3600) when it is absent.",
                "minimum": 60,
                "maximum": 86400
               }
              }
             }
            }
           }
          },
          "state": {
           "type": "string",
           "description": "InService: it is watched and takes virtual machines. Maintenance: people work on it; it is neither suspected nor given virtual machines, and its silence does not count as a failure.",
           "enum": [
            "InService",
            "Maintenance"
           ],
           "default": "InService"
          }
         }
        },
        "status": {
         "type": "object",
         "description": "What the operator sees. How fresh it is stands in the Pool's observedAt.",
         "properties": {
          "observedGeneration": {
           "type": "integer",
           "format": "int64",
           "description": "The metadata.generation that this status is about."
          },
          "name": {
           "type": "string",
           "description": "Its name in the pool."
          },
          "role": {
           "type": "string",
           "description": "What it is in its pool, by its own answer where it answers, otherwise by the pool's database.",
           "enum": [
            "Master",
            "Member",
            "Unknown"
           ]
          },
          "live": {
           "type": "string",
           "description": "The pool master's opinion whether it lives. Suspicion at most; it proves nothing in either direction.",
           "enum": [
            "True",
            "False",
            "Unknown"
           ]
          },
          "answers": {
           "type": "string",
           "description": "Whether it answers the operator at its own address.",
           "enum": [
            "True",
            "False",
            "Unknown"
           ]
          },
          "silentSince": {
           "type": "string",
           "format": "date-time",
           "description": "Since when it has not answered. Absent while it does."
          },
          "silenceSeenAt": {
           "type": "string",
           "format": "date-time",
           "description": "When the silence was last seen to last. After an absence of the operator only what was seen of it counts."
          },
          "silentForSeconds": {
           "type": "integer",
           "description": "How much silence had been seen by then, without the times in which nobody looked."
          },
          "lastSignOfLife": {
           "type": "object",
           "description": "What others than the operator heard of it while it did not answer. A person's word that it has no power counts only when it was given after that.",
           "properties": {
            "at": {
             "type": "string",
             "format": "date-time",
             "description": "When."
            },
            "by": {
             "type": "string",
             "description": "Who heard what.",
             "maxLength": 512
            },
            "lasts": {
             "type": "boolean",
             "description": "It is heard all the time since then. Absent once that has ended."
            }
           }
          },
          "distrust": {
           "type": "object",
           "description": "The power controller was caught saying Off of the machine while it lived. It proves nothing until a person has dealt with it; set checkedAt at the controller then.",
           "properties": {
            "device": {
             "type": "string",
             "description": "Which controller.",
             "maxLength": 512
            },
            "because": {
             "type": "string",
             "description": "What it said, and what contradicted it.",
             "maxLength": 1024
            },
            "at": {
             "type": "string",
             "format": "date-time",
             "description": "When it was caught."
            },
            "checkedAt": {
             "type": "string",
             "format": "date-time",
             "description": "What checkedAt of the controller was then."
            }
           }
          },
          "openCut": {
           "type": "object",
           "description": "Its power was cut, and not every other member has answered since; one that has not may be the machine that was cut.",
           "properties": {
            "at": {
             "type": "string",
             "format": "date-time",
             "description": "When."
            }
           }
          },
          "controllerConfirmed": {
           "type": "object",
           "description": "The power controller was seen to say On while the machine itself answered.",
           "properties": {
            "device": {
             "type": "string",
             "description": "Which controller.",
             "maxLength": 512
            },
            "at": {
             "type": "string",
             "format": "date-time",
             "description": "When it was seen first."
            }
           }
          },
          "enabled": {
           "type": "boolean",
           "description": "Whether the pool lets it run virtual machines."
          },
          "residents": {
           "type": "integer",
           "description": "How many virtual machines the pool believes to be running on it."
          },
          "power": {
           "type": "object",
           "description": "Its power as its controller last told.",
           "properties": {
            "state": {
             "type": "string",
             "description": "On, Off, or the controller's own word for anything else; Unknown where it could not be read."
            },
            "source": {
             "type": "string",
             "description": "Which device said so."
            },
            "readAt": {
             "type": "string",
             "format": "date-time",
             "description": "When this state was first read."
            },
            "serial": {
             "type": "string",
             "description": "Serial number that the device showed."
            }
           }
          },
          "conditions": {
           "type": "array",
           "description": "What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "type"
           ],
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "type",
             "status",
             "reason",
             "message",
             "lastTransitionTime"
            ],
            "properties": {
             "type": {
              "type": "string",
              "description": "Name of the condition.",
              "maxLength": 64
             },
             "status": {
              "type": "string",
              "description": "True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.",
              "enum": [
               "True",
               "False",
               "Unknown"
              ]
             },
             "reason": {
              "type": "string",
              "description": "One word that programs can rely on.",
              "maxLength": 128
             },
             "message": {
              "type": "string",
              "description": "A sentence for people, with what would change it.",
              "maxLength": 4096
             },
             "lastTransitionTime": {
              "type": "string",
              "format": "date-time",
              "description": "When the status last changed."
             },
             "observedGeneration": {
              "type": "integer",
              "format": "int64",
              "description": "The metadata.generation for which this was judged."
             }
            }
           }
          }
         }
        }
       }
      }
     }
    }
   ]
  }
 },
 {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
   "name": "virtualservers.kintsugi.dev"
  },
  "spec": {
   "group": "kintsugi.dev",
   "scope": "Namespaced",
   "names": {
    "kind": "VirtualServer",
    "listKind": "VirtualServerList",
    "plural": "virtualservers",
    "singular": "virtualserver",
    "shortNames": [
     "kvs"
    ],
    "categories": [
     "kintsugi"
    ]
   },
   "versions": [
    {
     "name": "v1alpha1",
     "served": true,
     "storage": true,
     "subresources": {
      "status": {}
     },
     "additionalPrinterColumns": [
      {
       "name": "Pool",
       "type": "string",
       "jsonPath": ".spec.poolRef.name"
      },
      {
       "name": "Power",
       "type": "string",
       "jsonPath": ".status.powerState"
      },
      {
       "name": "Host",
       "type": "string",
       "jsonPath": ".status.hostName"
      },
      {
       "name": "Order",
       "type": "integer",
       "jsonPath": ".spec.restart.order"
      },
      {
       "name": "Priority",
       "type": "integer",
       "jsonPath": ".spec.restart.priority",
       "priority": 1
      },
      {
       "name": "Ready",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
      },
      {
       "name": "Message",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message"
      },
      {
       "name": "Age",
       "type": "date",
       "jsonPath": ".metadata.creationTimestamp"
      }
     ],
     "schema": {
      "openAPIV3Schema": {
       "type": "object",
       "description": "One virtual machine: whether it should run, and how it is brought back when its host is lost.",
       "required": [
        "spec"
       ],
       "properties": {
        "apiVersion": {
         "type": "string",
         "description": "Always kintsugi.dev/v1alpha1."
        },
        "kind": {
         "type": "string",
         "description": "Always VirtualServer."
        },
        "metadata": {
         "type": "object"
        },
        "spec": {
         "type": "object",
         "description": "What people declare about the virtual machine.",
         "required": [
          "poolRef",
          "vmUUID"
         ],
         "properties": {
          "poolRef": {
           "type": "object",
           "description": "The Pool that this belongs to, in the same namespace. It cannot be changed.",
           "required": [
            "name"
           ],
           "x-kubernetes-validations": [
            {
             "rule": "self == oldSelf",
             "message": "poolRef cannot be changed; delete this object and create it again under the other pool"
            }
           ],
           "properties": {
            "name": {
             "type": "string",
             "description": "Name of the Pool.",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "vmUUID": {
           "type": "string",
           "description": "UUID of the virtual machine.",
           "minLength": 1,
           "maxLength": 36,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')",
             "message": "vmUUID must be a lower-case UUID, as xe vm-list params=uuid prints it"
            },
            {
             "rule": "self == oldSelf",
             "message": "vmUUID cannot be changed, because it pins which machine is meant; delete this object and create a new one"
            }
           ]
          },
          "powerState": {
           "type": "string",
           "description": "Running: it should run, and a recovery starts it. Halted: a recovery releases it and leaves it halted. Unmanaged: a recovery starts it if it was running.",
           "enum": [
            "Running",
            "Halted",
            "Unmanaged"
           ],
           "default": "Unmanaged"
          },
          "restart": {
           "type": "object",
           "description": "When it is started in a recovery. What is absent is taken from the virtual machine's own settings in the pool.",
           "properties": {
            "order": {
             "type": "integer",
             "description": "Lower starts first; the next order begins when all of this one run.",
             "minimum": 0,
             "maximum": 1000
            },
            "priority": {
             "type": "integer",
             "description": "Where memory is short, higher is placed first. 50 when absent.",
             "minimum": 0,
             "maximum": 100
            },
            "delaySeconds": {
             "type": "integer",
             "description": "How long the next order waits after this one runs.",
             "minimum": 0,
             "maximum": 3600
            }
           }
          },
          "placement": {
           "type": "object",
           "description": "Where it is started in a recovery.",
           "properties": {
            "preferredHosts": {
             "type": "array",
             "description": "Names of Hosts that are tried first, in this order.",
             "maxItems": 16,
             "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253
             }
            },
            "antiAffinityGroup": {
             "type": "string",
             "description": "Virtual machines of one group are put on different hosts as long as there are enough.",
             "minLength": 1,
             "maxLength": 63
            }
           }
          },
          "probe": {
           "type": "object",
           "description": "How it is known to serve again after a start. Without a probe, running is enough. Exactly one of tcp and guestAgent.",
           "x-kubernetes-validations": [
            {
             "rule": "has(self.tcp) != has(self.guestAgent)",
             "message": "probe must have exactly one of tcp and guestAgent"
            }
           ],
           "properties": {
            "tcp": {
             "type": "object",
             "description": "It serves when this port accepts a connection from the operator.",
             "required": [
              "address",
              "port"
             ],
             "properties": {
              "address": {
               "type": "string",
               "description": "Address or name of the virtual machine.",
               "minLength": 1,
               "maxLength": 253
              },
              "port": {
               "type": "integer",
               "description": "TCP port.",
               "minimum": 1,
               "maximum": 65535
              }
             }
            },
            "guestAgent": {
             "type": "object",
             "description": "It serves when the guest agent in it reports to the pool."
            },
            "timeoutSeconds": {
             "type": "integer",
             "description": "How long the probe may take to succeed before the virtual machine is reported as started but not serving.",
             "default": 300,
             "minimum": 1,
             "maximum": 7200
            }
           }
          }
         }
        },
        "status": {
         "type": "object",
         "description": "What the operator sees. How fresh it is stands in the Pool's observedAt.",
         "properties": {
          "observedGeneration": {
           "type": "integer",
           "format": "int64",
           "description": "The metadata.generation that this status is about."
          },
          "name": {
           "type": "string",
           "description": "Its name in the pool."
          },
          "powerState": {
           "type": "string",
           "description": "As the pool's database has it.",
           "enum": [
            "Running",
            "Halted",
            "Paused",
            "Suspended",
            "Unknown"
           ]
          },
          "hostName": {
           "type": "string",
           "description": "Where the pool believes it to be running."
          },
          "hostUUID": {
           "type": "string",
           "description": "UUID of that host."
          },
          "lastHostUUID": {
           "type": "string",
           "description": "UUID of the host on which it was last seen running; kept while it is halted, so that a recovery of that host knows of it."
          },
          "mayRunOn": {
           "type": "string",
           "description": "UUID of a host on which it may run although the pool has it elsewhere or halted: it was being moved there, that host was lost in the middle of its start, or that host refused to start it because it has it already. `nowhere` where nobody can tell which host. Kept until it is seen to run on a host that answers; until then a recovery starts it on that host or nowhere."
          },
          "settledRequests": {
           "type": "array",
           "description": "UIDs of the RecoveryRequests that say that it may run on one host alone, and that are answered: it was seen to run after them.",
           "maxItems": 64,
           "items": {
            "type": "string"
           }
          },
          "conditions": {
           "type": "array",
           "description": "What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "type"
           ],
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "type",
             "status",
             "reason",
             "message",
             "lastTransitionTime"
            ],
            "properties": {
             "type": {
              "type": "string",
              "description": "Name of the condition.",
              "maxLength": 64
             },
             "status": {
              "type": "string",
              "description": "True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.",
              "enum": [
               "True",
               "False",
               "Unknown"
              ]
             },
             "reason": {
              "type": "string",
              "description": "One word that programs can rely on.",
              "maxLength": 128
             },
             "message": {
              "type": "string",
              "description": "A sentence for people, with what would change it.",
              "maxLength": 4096
             },
             "lastTransitionTime": {
              "type": "string",
              "format": "date-time",
              "description": "When the status last changed."
             },
             "observedGeneration": {
              "type": "integer",
              "format": "int64",
              "description": "The metadata.generation for which this was judged."
             }
            }
           }
          }
         }
        }
       }
      }
     }
    }
   ]
  }
 },
 {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
   "name": "recoveryrequests.kintsugi.dev"
  },
  "spec": {
   "group": "kintsugi.dev",
   "scope": "Namespaced",
   "names": {
    "kind": "RecoveryRequest",
    "listKind": "RecoveryRequestList",
    "plural": "recoveryrequests",
    "singular": "recoveryrequest",
    "shortNames": [
     "rr"
    ],
    "categories": [
     "kintsugi"
    ]
   },
   "versions": [
    {
     "name": "v1alpha1",
     "served": true,
     "storage": true,
     "subresources": {
      "status": {}
     },
     "additionalPrinterColumns": [
      {
       "name": "Target",
       "type": "string",
       "jsonPath": ".spec.target.hostRef.name"
      },
      {
       "name": "Procedure",
       "type": "string",
       "jsonPath": ".spec.procedure"
      },
      {
       "name": "Mode",
       "type": "string",
       "jsonPath": ".spec.mode"
      },
      {
       "name": "Phase",
       "type": "string",
       "jsonPath": ".status.phase"
      },
      {
       "name": "Progress",
       "type": "string",
       "jsonPath": ".status.progress"
      },
      {
       "name": "Message",
       "type": "string",
       "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message"
      },
      {
       "name": "Plan",
       "type": "string",
       "jsonPath": ".status.plan.hash",
       "priority": 1
      },
      {
       "name": "Age",
       "type": "date",
       "jsonPath": ".metadata.creationTimestamp"
      }
     ],
     "schema": {
      "openAPIV3Schema": {
       "type": "object",
       "description": "One recovery of one target. It runs once, and it is the record of what was done and why.",
       "required": [
        "spec"
       ],
       "properties": {
        "apiVersion": {
         "type": "string",
         "description": "Always kintsugi.dev/v1alpha1."
        },
        "kind": {
         "type": "string",
         "description": "Always RecoveryRequest."
        },
        "metadata": {
         "type": "object"
        },
        "spec": {
         "type": "object",
         "description": "What is requested. Only approval, attestations and cancel may be changed once it exists.",
         "required": [
          "target",
          "procedure"
         ],
         "x-kubernetes-validations": [
          {
           "rule": "self.target == oldSelf.target",
           "message": "target cannot be changed once the request exists; create a new RecoveryRequest",
           "fieldPath": ".target"
          },
          {
           "rule": "self.procedure != 'ReleaseMember' || has(self.target.hostRef)",
           "message": "target.hostRef is missing; ReleaseMember is about a Host, the failed member",
           "fieldPath": ".target"
          },
          {
           "rule": "self.procedure == oldSelf.procedure",
           "message": "procedure cannot be changed once the request exists; create a new RecoveryRequest",
           "fieldPath": ".procedure"
          },
          {
           "rule": "self.mode == oldSelf.mode",
           "message": "mode cannot be changed once the request exists; create a new RecoveryRequest",
           "fieldPath": ".mode"
          },
          {
           "rule": "!oldSelf.cancel || self.cancel",
           "message": "cancel cannot be taken back; create a new RecoveryRequest",
           "fieldPath": ".cancel"
          },
          {
           "rule": "!has(oldSelf.attestations) || (has(self.attestations) && oldSelf.attestations.all(given, self.attestations.exists(kept, kept == given)))",
           "message": "attestations can only be added, since they are part of the record",
           "fieldPath": ".attestations"
          }
         ],
         "properties": {
          "target": {
           "type": "object",
           "description": "What is to be recovered. One of its fields is set, the one that the procedure is about.",
           "x-kubernetes-validations": [
            {
             "rule": "[has(self.hostRef), has(self.poolRef), has(self.virtualServerRef), has(self.storageRepository)].filter(named, named).size() <= 1",
             "message": "only one of hostRef, poolRef, virtualServerRef and storageRepository can be the target"
            }
           ],
           "properties": {
            "hostRef": {
             "type": "object",
             "description": "A Host in the same namespace, for ReleaseMember the failed one.",
             "required": [
              "name"
             ],
             "properties": {
              "name": {
               "type": "string",
               "description": "Name of the Host.",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "poolRef": {
             "type": "object",
             "description": "A Pool in the same namespace. No procedure uses it yet.",
             "required": [
              "name"
             ],
             "properties": {
              "name": {
               "type": "string",
               "description": "Name of the Pool.",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "virtualServerRef": {
             "type": "object",
             "description": "A VirtualServer in the same namespace. No procedure uses it yet.",
             "required": [
              "name"
             ],
             "properties": {
              "name": {
               "type": "string",
               "description": "Name of the VirtualServer.",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "storageRepository": {
             "type": "object",
             "description": "A storage repository of a Pool in the same namespace. No procedure uses it yet.",
             "required": [
              "uuid",
              "poolRef"
             ],
             "properties": {
              "uuid": {
               "type": "string",
               "description": "UUID of the storage repository.",
               "minLength": 1,
               "maxLength": 36
              },
              "poolRef": {
               "type": "object",
               "description": "The Pool that it belongs to.",
               "required": [
                "name"
               ],
               "properties": {
                "name": {
                 "type": "string",
                 "description": "Name of the Pool.",
                 "minLength": 1,
                 "maxLength": 253
                }
               }
              }
             }
            }
           }
          },
          "procedure": {
           "type": "string",
           "description": "ReleaseMember: cut the failed member's power for certain, have the pool release its virtual machines and storage locks, and start them on members with room.",
           "enum": [
            "ReleaseMember"
           ]
          },
          "mode": {
           "type": "string",
           "description": "Plan: stop after the plan. Execute: carry it out as far as its guards allow.",
           "enum": [
            "Plan",
            "Execute"
           ],
           "default": "Plan"
          },
          "approval": {
           "type": "object",
           "description": "Consent to one plan. It counts only for the plan with this hash.",
           "required": [
            "planHash",
            "by"
           ],
           "properties": {
            "planHash": {
             "type": "string",
             "description": "The hash in status.plan.hash.",
             "minLength": 1,
             "maxLength": 128
            },
            "by": {
             "type": "string",
             "description": "Who approves.",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "attestations": {
           "type": "array",
           "description": "What people state about machines that no device can tell about.",
           "maxItems": 8,
           "items": {
            "type": "object",
            "required": [
             "statement",
             "hostUUID",
             "by",
             "at",
             "validForSeconds"
            ],
            "properties": {
             "statement": {
              "type": "string",
              "description": "What was done, in a sentence, for instance \"I pulled both power cords of rack 3, unit 12\".",
              "minLength": 10,
              "maxLength": 1024
             },
             "hostUUID": {
              "type": "string",
              "description": "UUID of the machine that has no power.",
              "minLength": 1,
              "maxLength": 36
             },
             "by": {
              "type": "string",
              "description": "Who states it.",
              "minLength": 1,
              "maxLength": 253
             },
             "at": {
              "type": "string",
              "format": "date-time",
              "description": "When it was seen."
             },
             "validForSeconds": {
              "type": "integer",
              "description": "For how long the machine is certain to stay without power.",
              "minimum": 60,
              "maximum": 86400
             }
            }
           }
          },
          "cancel": {
           "type": "boolean",
           "description": "Start nothing more. What has been started is followed to its end and reported.",
           "default": false
          }
         }
        },
        "status": {
         "type": "object",
         "description": "The record.",
         "properties": {
          "observedGeneration": {
           "type": "integer",
           "format": "int64",
           "description": "The metadata.generation that this status is about."
          },
          "phase": {
           "type": "string",
           "description": "How far it is, in one word.",
           "enum": [
            "Pending",
            "Planned",
            "AwaitingApproval",
            "Waiting",
            "Running",
            "Succeeded",
            "Failed",
            "Refused",
            "Cancelled"
           ]
          },
          "progress": {
           "type": "string",
           "description": "How far it is, in a few words.",
           "maxLength": 256
          },
          "target": {
           "type": "object",
           "description": "Which machine the request meant when the plan was made.",
           "properties": {
            "poolUUID": {
             "type": "string",
             "description": "UUID of the pool."
            },
            "hostUUID": {
             "type": "string",
             "description": "UUID of the host."
            },
            "hostName": {
             "type": "string",
             "description": "Name of the host in its pool."
            },
            "serial": {
             "type": "string",
             "description": "Serial number of the machine."
            }
           }
          },
          "plan": {
           "type": "object",
           "description": "What will be done, in order. It is made again until the release has begun; then it is kept.",
           "properties": {
            "hash": {
             "type": "string",
             "description": "Identifies the procedure, the pinned pool and hosts, the steps, and what is intended with each item. An approval names it.",
             "maxLength": 128
            },
            "madeAt": {
             "type": "string",
             "format": "date-time",
             "description": "When it was made."
            },
            "steps": {
             "type": "array",
             "description": "The steps of the runbook, in its own words.",
             "maxItems": 16,
             "items": {
              "type": "object",
              "properties": {
               "title": {
                "type": "string",
                "description": "The sentence of the runbook.",
                "maxLength": 512
               },
               "risk": {
                "type": "string",
                "description": "What it can do to the world.",
                "enum": [
                 "Read",
                 "Reversible",
                 "Disruptive",
                 "Destructive"
                ]
               },
               "state": {
                "type": "string",
                "description": "Whether it is done.",
                "enum": [
                 "Pending",
                 "Active",
                 "Done"
                ]
               },
               "since": {
                "type": "string",
                "format": "date-time",
                "description": "Since when it is under way; only while it is."
               }
              }
             }
            },
            "hosts": {
             "type": "array",
             "description": "The hosts that the plan is about, as their pool knew them when it was made.",
             "maxItems": 64,
             "items": {
              "type": "object",
              "required": [
               "uuid",
               "ref"
              ],
              "properties": {
               "uuid": {
                "type": "string",
                "description": "UUID of the host.",
                "maxLength": 64
               },
               "ref": {
                "type": "string",
                "description": "The pool's reference of it; its storage locks are named after that.",
                "maxLength": 128
               },
               "name": {
                "type": "string",
                "description": "Its name in the pool.",
                "maxLength": 256
               }
              }
             }
            },
            "restsOn": {
             "type": "array",
             "description": "The facts that the plan rests on, with their source and when they were read.",
             "maxItems": 32,
             "items": {
              "type": "object",
              "properties": {
               "fact": {
                "type": "string",
                "description": "The fact.",
                "maxLength": 1024
               },
               "source": {
                "type": "string",
                "description": "Who said so.",
                "maxLength": 512
               },
               "at": {
                "type": "string",
                "format": "date-time",
                "description": "When."
               }
              }
             }
            }
           }
          },
          "items": {
           "type": "array",
           "description": "What the plan is about, one by one. For ReleaseMember each virtual machine of the member, in the order of its start.",
           "maxItems": 4096,
           "items": {
            "type": "object",
            "required": [
             "kind",
             "id",
             "name",
             "state"
            ],
            "properties": {
             "kind": {
              "type": "string",
              "description": "What it is.",
              "enum": [
               "VirtualMachine",
               "Host",
               "StorageRepository",
               "VirtualServer"
              ]
             },
             "id": {
              "type": "string",
              "description": "Its UUID.",
              "maxLength": 64
             },
             "name": {
              "type": "string",
              "description": "Its name.",
              "maxLength": 256
             },
             "order": {
              "type": "integer",
              "description": "Its place in the order of starts."
             },
             "delaySeconds": {
              "type": "integer",
              "description": "How long the next order waits after it."
             },
             "priority": {
              "type": "integer",
              "description": "Higher is placed first where memory is short; 50 where nothing is said."
             },
             "state": {
              "type": "string",
              "description": "How far it is. A virtual machine: Planned, Starting, Running (read back), Serving (its probe answered), LeftHalted (declared so), NotRecoverable (not here), Failed.",
              "maxLength": 64
             },
             "host": {
              "type": "string",
              "description": "UUID of the host on which it is to start, or runs.",
              "maxLength": 64
             },
             "hostName": {
              "type": "string",
              "description": "Name of that host.",
              "maxLength": 256
             },
             "onlyOn": {
              "type": "string",
              "description": "UUID of the only host on which it may start, because it may already run there; \"nowhere\" when nobody can tell which that is.",
              "maxLength": 64
             },
             "why": {
              "type": "string",
              "description": "Why there, why not, or what went wrong, and what a person can do.",
              "maxLength": 512
             },
             "attempts": {
              "type": "integer",
              "description": "How many starts were sent."
             },
             "runningAt": {
              "type": "string",
              "format": "date-time",
              "description": "When it was read back as running."
             }
            }
           }
          },
          "gates": {
           "type": "array",
           "description": "What each guard of the current step says. A guard that does not allow stops the recovery there.",
           "maxItems": 64,
           "items": {
            "type": "object",
            "properties": {
             "guard": {
              "type": "string",
              "description": "Name of the guard.",
              "maxLength": 128
             },
             "verdict": {
              "type": "string",
              "description": "Allow, Deny or Unknown.",
              "enum": [
               "Allow",
               "Deny",
               "Unknown"
              ]
             },
             "sentence": {
              "type": "string",
              "description": "Why, and what would change it.",
              "maxLength": 1024
             },
             "since": {
              "type": "string",
              "format": "date-time",
              "description": "Since when it says so."
             }
            }
           }
          },
          "asks": {
           "type": "array",
           "description": "What a person has to do now, so that the recovery can go on. Empty while it waits for nobody.",
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "step",
             "role",
             "todo",
             "seenBy",
             "since"
            ],
            "properties": {
             "step": {
              "type": "string",
              "description": "Title of the step that waits.",
              "maxLength": 512
             },
             "role": {
              "type": "string",
              "description": "Who can do it.",
              "maxLength": 256
             },
             "todo": {
              "type": "string",
              "description": "What to do.",
              "maxLength": 1024
             },
             "seenBy": {
              "type": "string",
              "description": "What shows that it is done.",
              "maxLength": 512
             },
             "answerIn": {
              "type": "string",
              "description": "The field that takes the answer.",
              "maxLength": 128
             },
             "since": {
              "type": "string",
              "format": "date-time",
              "description": "Since when it is asked for."
             }
            }
           }
          },
          "proofs": {
           "type": "array",
           "description": "What proves that machines have no power, one entry for each machine.",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "hostUUID"
           ],
           "maxItems": 64,
           "items": {
            "type": "object",
            "required": [
             "hostUUID"
            ],
            "properties": {
             "hostUUID": {
              "type": "string",
              "description": "The machine.",
              "maxLength": 64
             },
             "words": {
              "type": "array",
              "description": "People's words that it has no power, as they were first seen here. One that was ended by a sign of life never counts again.",
              "maxItems": 8,
              "items": {
               "type": "object",
               "properties": {
                "by": {
                 "type": "string",
                 "description": "Whose word.",
                 "maxLength": 253
                },
                "at": {
                 "type": "string",
                 "format": "date-time",
                 "description": "The moment that it states."
                },
                "seenAt": {
                 "type": "string",
                 "format": "date-time",
                 "description": "When it was first seen here."
                },
                "endedBecause": {
                 "type": "string",
                 "description": "The sign of life that ended it.",
                 "maxLength": 1024
                },
                "endedAt": {
                 "type": "string",
                 "format": "date-time",
                 "description": "When that was heard."
                }
               }
              }
             },
             "certificate": {
              "type": "object",
              "description": "The fence certificate. It counts only while fresh readings still agree with it.",
              "properties": {
               "serial": {
                "type": "string",
                "description": "Its serial number as the device showed it.",
                "maxLength": 128
               },
               "method": {
                "type": "string",
                "description": "How it is known.",
                "enum": [
                 "Redfish",
                 "Attestation"
                ]
               },
               "device": {
                "type": "string",
                "description": "Which device said so.",
                "maxLength": 512
               },
               "attestedBy": {
                "type": "string",
                "description": "Who said so where no device could.",
                "maxLength": 253
               },
               "statement": {
                "type": "string",
                "description": "Their words.",
                "maxLength": 1024
               },
               "readings": {
                "type": "array",
                "description": "The readings that made the proof.",
                "maxItems": 8,
                "items": {
                 "type": "object",
                 "properties": {
                  "power": {
                   "type": "string",
                   "description": "The device's word.",
                   "maxLength": 64
                  },
                  "at": {
                   "type": "string",
                   "format": "date-time",
                   "description": "When."
                  }
                 }
                }
               },
               "issuedAt": {
                "type": "string",
                "format": "date-time",
                "description": "When the proof was complete."
               },
               "validUntil": {
                "type": "string",
                "format": "date-time",
                "description": "When it ends in any case."
               },
               "voidBecause": {
                "type": "string",
                "description": "The contrary sign that ended it.",
                "maxLength": 1024
               }
              }
             }
            }
           }
          },
          "journal": {
           "type": "array",
           "description": "Each harmful act, written before it was sent.",
           "maxItems": 400,
           "items": {
            "type": "object",
            "required": [
             "step",
             "act",
             "epoch",
             "at"
            ],
            "properties": {
             "step": {
              "type": "string",
              "description": "Title of the step.",
              "maxLength": 512
             },
             "act": {
              "type": "string",
              "description": "What was to be done.",
              "maxLength": 128
             },
             "targets": {
              "type": "array",
              "description": "UUIDs of what it was done to.",
              "maxItems": 1000,
              "items": {
               "type": "string",
               "maxLength": 64
              }
             },
             "epoch": {
              "type": "integer",
              "format": "int64",
              "description": "Epoch of the leader that did it."
             },
             "by": {
              "type": "string",
              "description": "Which process did it.",
              "maxLength": 253
             },
             "master": {
              "type": "string",
              "description": "Host UUID of the pool master at that time.",
              "maxLength": 64
             },
             "attempt": {
              "type": "integer",
              "description": "Number of the attempt, from 1."
             },
             "at": {
              "type": "string",
              "format": "date-time",
              "description": "When it was decided."
             },
             "outcome": {
              "type": "string",
              "description": "Intended, Proven (read back), NotDone (read back), or NotSent.",
              "enum": [
               "Intended",
               "Proven",
               "NotDone",
               "NotSent"
              ]
             },
             "detail": {
              "type": "string",
              "description": "What the reply said.",
              "maxLength": 1024
             },
             "endedAt": {
              "type": "string",
              "format": "date-time",
              "description": "When the outcome was known."
             }
            }
           }
          },
          "moments": {
           "type": "array",
           "description": "The moments of this recovery. For ReleaseMember: detectedAt (the member fell silent), decidedAt (the plan was allowed to run), fencedAt (the proof was complete), releasedAt (the pool had released its virtual machines and locks), firstUpAt and recoveredAt (the first and the last virtual machine were read back as running).",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "name"
           ],
           "maxItems": 32,
           "items": {
            "type": "object",
            "required": [
             "name",
             "at"
            ],
            "properties": {
             "name": {
              "type": "string",
              "description": "Which moment.",
              "maxLength": 64
             },
             "at": {
              "type": "string",
              "format": "date-time",
              "description": "When it happened."
             }
            }
           }
          },
          "conditions": {
           "type": "array",
           "description": "What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.",
           "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": [
            "type"
           ],
           "maxItems": 16,
           "items": {
            "type": "object",
            "required": [
             "type",
             "status",
             "reason",
             "message",
             "lastTransitionTime"
            ],
            "properties": {
             "type": {
              "type": "string",
              "description": "Name of the condition.",
              "maxLength": 64
             },
             "status": {
              "type": "string",
              "description": "True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.",
              "enum": [
               "True",
               "False",
               "Unknown"
              ]
             },
             "reason": {
              "type": "string",
              "description": "One word that programs can rely on.",
              "maxLength": 128
             },
             "message": {
              "type": "string",
              "description": "A sentence for people, with what would change it.",
              "maxLength": 4096
             },
             "lastTransitionTime": {
              "type": "string",
              "format": "date-time",
              "description": "When the status last changed."
             },
             "observedGeneration": {
              "type": "integer",
              "format": "int64",
              "description": "The metadata.generation for which this was judged."
             }
            }
           }
          }
         }
        }
       }
      }
     }
    }
   ]
  }
 }
] as const;
