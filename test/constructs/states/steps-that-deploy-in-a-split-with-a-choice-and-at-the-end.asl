{
  "document": {
    "QueryLanguage": "JSONata",
    "StartAt": "begin run",
    "States": {
      "begin run": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${BeginFunction}",
          "Payload": "{% {'input': $states.input, 'execution': $states.context.Execution.{'arn': Id, 'name': Name, 'startedAt': StartTime, 'redrive': RedriveCount}} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": {
          "run": "{% $states.context.Execution.Name %}",
          "path": "",
          "visit": 0,
          "from": ""
        },
        "Next": "start"
      },
      "start": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${startFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'start/' & path & '/' & visit} %}",
        "Next": "start: branches"
      },
      "start: branches": {
        "Type": "Parallel",
        "Branches": [
          {
            "StartAt": "a",
            "States": {
              "a": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${aFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
                "Next": "a: status"
              },
              "a: status": {
                "Type": "Choice",
                "Choices": [
                  {
                    "Condition": "{% $states.input.status in [\"Creating\",\"Updating\",\"SystemUpdating\",\"RollingBack\",\"Deleting\"] %}",
                    "Next": "a: wait"
                  },
                  {
                    "Condition": "{% $states.input.status = 'Deployed' %}",
                    "Next": "a: deployed"
                  }
                ],
                "Default": "a: deploy"
              },
              "a: deploy": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${aFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount, 'deployment': deployment} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "DEPLOYMENT_FAILED",
                      "AWS",
                      "BLOB_MISSING",
                      "BLOB_CORRUPT"
                    ],
                    "MaxAttempts": 0
                  },
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  },
                  {
                    "ErrorEquals": [
                      "States.ALL"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 3,
                    "BackoffRate": 2
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
                "Next": "a: status"
              },
              "a: wait": {
                "Type": "Wait",
                "Seconds": 15,
                "Next": "a: endpoint"
              },
              "a: endpoint": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
                "Arguments": {
                  "EndpointName": "iris"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "SageMaker.ThrottlingException",
                      "SageMaker.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Catch": [
                  {
                    "ErrorEquals": [
                      "States.ALL"
                    ],
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment} %}",
                    "Next": "a: deploy"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment, 'status': $states.result.EndpointStatus} %}",
                "Next": "a: status"
              },
              "a: deployed": {
                "Type": "Pass",
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'a/' & path & '/' & visit, 'choice': choice} %}",
                "Next": "a: next"
              },
              "a: next": {
                "Type": "Choice",
                "Choices": [
                  {
                    "Condition": "{% $states.input.choice = 0 %}",
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
                    "Next": "a"
                  },
                  {
                    "Condition": "{% $states.input.choice = 1 %}",
                    "Next": "a: done"
                  }
                ]
              },
              "a: done": {
                "Type": "Succeed",
                "Output": 0
              }
            }
          },
          {
            "StartAt": "b",
            "States": {
              "b": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${bFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
                "Next": "b: status"
              },
              "b: status": {
                "Type": "Choice",
                "Choices": [
                  {
                    "Condition": "{% $states.input.status in [\"Creating\",\"Updating\",\"SystemUpdating\",\"RollingBack\",\"Deleting\"] %}",
                    "Next": "b: wait"
                  },
                  {
                    "Condition": "{% $states.input.status = 'Deployed' %}",
                    "Next": "b: deployed"
                  }
                ],
                "Default": "b: deploy"
              },
              "b: deploy": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${bFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount, 'deployment': deployment} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "DEPLOYMENT_FAILED",
                      "AWS",
                      "BLOB_MISSING",
                      "BLOB_CORRUPT"
                    ],
                    "MaxAttempts": 0
                  },
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  },
                  {
                    "ErrorEquals": [
                      "States.ALL"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 3,
                    "BackoffRate": 2
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
                "Next": "b: status"
              },
              "b: wait": {
                "Type": "Wait",
                "Seconds": 15,
                "Next": "b: endpoint"
              },
              "b: endpoint": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
                "Arguments": {
                  "EndpointName": "rose"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "SageMaker.ThrottlingException",
                      "SageMaker.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Catch": [
                  {
                    "ErrorEquals": [
                      "States.ALL"
                    ],
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment} %}",
                    "Next": "b: deploy"
                  }
                ],
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment, 'status': $states.result.EndpointStatus} %}",
                "Next": "b: status"
              },
              "b: deployed": {
                "Type": "Pass",
                "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'b/' & path & '/' & visit, 'n': n} %}",
                "Next": "fit: each"
              },
              "fit: each": {
                "Type": "Map",
                "Items": "{% $states.input.n <= 40000 ? [0..$states.input.n - 1] : $error('b hands ' & $states.input.n & ' items to fit; 40000 is the most') %}",
                "ItemSelector": {
                  "run": "{% $states.input.run %}",
                  "path": "{% $states.input.($string($states.context.Map.Item.Value)) %}",
                  "visit": 0,
                  "from": "{% $states.input.from %}",
                  "counts": "{% $states.input.($string(n)) %}"
                },
                "MaxConcurrency": 100,
                "ItemProcessor": {
                  "ProcessorConfig": {
                    "Mode": "DISTRIBUTED",
                    "ExecutionType": "STANDARD"
                  },
                  "StartAt": "fit",
                  "States": {
                    "fit": {
                      "Type": "Task",
                      "Resource": "arn:aws:states:::lambda:invoke",
                      "Arguments": {
                        "FunctionName": "${fitFunction}",
                        "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'counts': counts, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                      },
                      "Retry": [
                        {
                          "ErrorEquals": [
                            "Lambda.TooManyRequestsException",
                            "Lambda.ServiceException",
                            "Lambda.AWSLambdaException",
                            "Lambda.SdkClientException"
                          ],
                          "IntervalSeconds": 2,
                          "MaxAttempts": 20,
                          "BackoffRate": 2,
                          "MaxDelaySeconds": 60,
                          "JitterStrategy": "FULL"
                        }
                      ],
                      "Output": 0,
                      "End": true
                    }
                  }
                },
                "Output": "{% $states.input %}",
                "Next": "gather"
              },
              "gather": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                  "FunctionName": "${gatherFunction}",
                  "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
                },
                "Retry": [
                  {
                    "ErrorEquals": [
                      "Lambda.TooManyRequestsException",
                      "Lambda.ServiceException",
                      "Lambda.AWSLambdaException",
                      "Lambda.SdkClientException"
                    ],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 20,
                    "BackoffRate": 2,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL"
                  }
                ],
                "Output": 0,
                "End": true
              }
            }
          }
        ],
        "Output": "{% $states.input %}",
        "Next": "join"
      },
      "join": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${joinFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'join/' & path & '/' & visit} %}",
        "Next": "end"
      },
      "end": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${endFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
        "Next": "end: status"
      },
      "end: status": {
        "Type": "Choice",
        "Choices": [
          {
            "Condition": "{% $states.input.status in [\"Creating\",\"Updating\",\"SystemUpdating\",\"RollingBack\",\"Deleting\"] %}",
            "Next": "end: wait"
          },
          {
            "Condition": "{% $states.input.status = 'Deployed' %}",
            "Next": "end: deployed"
          }
        ],
        "Default": "end: deploy"
      },
      "end: deploy": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${endFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount, 'deployment': deployment} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "DEPLOYMENT_FAILED",
              "AWS",
              "BLOB_MISSING",
              "BLOB_CORRUPT"
            ],
            "MaxAttempts": 0
          },
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          },
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 3,
            "BackoffRate": 2
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
        "Next": "end: status"
      },
      "end: wait": {
        "Type": "Wait",
        "Seconds": 15,
        "Next": "end: endpoint"
      },
      "end: endpoint": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
        "Arguments": {
          "EndpointName": "iris"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "SageMaker.ThrottlingException",
              "SageMaker.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Catch": [
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment} %}",
            "Next": "end: deploy"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment, 'status': $states.result.EndpointStatus} %}",
        "Next": "end: status"
      },
      "end: deployed": {
        "Type": "Pass",
        "Output": {
          "run": "{% $states.input.run %}"
        },
        "End": true
      }
    }
  },
  "substitutions": [
    {
      "name": "BeginFunction",
      "kind": "begin"
    },
    {
      "name": "aFunction",
      "kind": "function",
      "step": "a"
    },
    {
      "name": "fitFunction",
      "kind": "function",
      "step": "fit"
    },
    {
      "name": "bFunction",
      "kind": "function",
      "step": "b"
    },
    {
      "name": "gatherFunction",
      "kind": "function",
      "step": "gather"
    },
    {
      "name": "startFunction",
      "kind": "function",
      "step": "start"
    },
    {
      "name": "joinFunction",
      "kind": "function",
      "step": "join"
    },
    {
      "name": "endFunction",
      "kind": "function",
      "step": "end"
    }
  ]
}
