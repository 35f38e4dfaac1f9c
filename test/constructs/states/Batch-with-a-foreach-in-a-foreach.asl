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
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'start/' & path & '/' & visit, 'n': $states.result.Payload.count} %}",
        "Next": "outer: each"
      },
      "outer: each": {
        "Type": "Map",
        "Items": "{% $states.input.n <= 40000 ? [0..$states.input.n - 1] : $error('start hands ' & $states.input.n & ' items to outer; 40000 is the most') %}",
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
          "StartAt": "outer",
          "States": {
            "outer": {
              "Type": "Task",
              "Resource": "arn:aws:states:::batch:submitJob.sync",
              "Arguments": {
                "JobName": "Sample-outer",
                "JobDefinition": "${outerJob}",
                "JobQueue": "${outerQueue}",
                "PropagateTags": true,
                "ContainerOverrides": {
                  "Environment": [
                    {
                      "Name": "MILLRACE_RUN",
                      "Value": "{% $states.input.run %}"
                    },
                    {
                      "Name": "MILLRACE_PATH",
                      "Value": "{% $states.input.path %}"
                    },
                    {
                      "Name": "MILLRACE_VISIT",
                      "Value": "{% $string($states.input.visit) %}"
                    },
                    {
                      "Name": "MILLRACE_FROM",
                      "Value": "{% $states.input.from %}"
                    },
                    {
                      "Name": "MILLRACE_COUNTS",
                      "Value": "{% $states.input.counts %}"
                    },
                    {
                      "Name": "MILLRACE_RETRY",
                      "Value": "{% $string($states.context.State.RetryCount) %}"
                    },
                    {
                      "Name": "MILLRACE_REDRIVE",
                      "Value": "{% $string($states.context.Execution.RedriveCount) %}"
                    }
                  ]
                }
              },
              "Retry": [
                {
                  "ErrorEquals": [
                    "Batch.TooManyRequestsException",
                    "Batch.ServerException",
                    "Batch.AWSBatchException",
                    "Batch.SdkClientException"
                  ],
                  "IntervalSeconds": 2,
                  "MaxAttempts": 20,
                  "BackoffRate": 2,
                  "MaxDelaySeconds": 60,
                  "JitterStrategy": "FULL"
                }
              ],
              "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'outer/' & path & '/' & visit, 'counts': counts} %}",
              "Next": "outer: record"
            },
            "outer: record": {
              "Type": "Task",
              "Resource": "arn:aws:states:::dynamodb:getItem",
              "Arguments": {
                "TableName": "${Table}",
                "Key": {
                  "pk": {
                    "S": "{% $states.input.('${FlowKey}#R#' & $replace(run, '@', '%40') & '#outer#' & ($number($split($split(path, '.')[-1], '~')[0]) % $min([32, $ceil($number(counts) / 1000)]))) %}"
                  },
                  "sk": {
                    "S": "{% $states.input.(path & '#' & visit) %}"
                  }
                },
                "ConsistentRead": true,
                "ProjectionExpression": "#t, #c",
                "ExpressionAttributeNames": {
                  "#t": "transition",
                  "#c": "count"
                }
              },
              "Retry": [
                {
                  "ErrorEquals": [
                    "States.ALL"
                  ],
                  "IntervalSeconds": 2,
                  "MaxAttempts": 20,
                  "BackoffRate": 2,
                  "MaxDelaySeconds": 60,
                  "JitterStrategy": "FULL"
                }
              ],
              "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'counts': counts, 'n': $number($states.result.Item.count.N)} %}",
              "Next": "inner: each"
            },
            "inner: each": {
              "Type": "Map",
              "Items": "{% $states.input.n <= 40000 ? [0..$states.input.n - 1] : $error('outer hands ' & $states.input.n & ' items to inner; 40000 is the most') %}",
              "ItemSelector": {
                "run": "{% $states.input.run %}",
                "path": "{% $states.input.(path & '.' & $states.context.Map.Item.Value) %}",
                "visit": 0,
                "from": "{% $states.input.from %}",
                "counts": "{% $states.input.(counts & '.' & n) %}"
              },
              "ItemProcessor": {
                "StartAt": "inner",
                "States": {
                  "inner": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::batch:submitJob.sync",
                    "Arguments": {
                      "JobName": "Sample-inner",
                      "JobDefinition": "${innerJob}",
                      "JobQueue": "${innerQueue}",
                      "PropagateTags": true,
                      "ContainerOverrides": {
                        "Environment": [
                          {
                            "Name": "MILLRACE_RUN",
                            "Value": "{% $states.input.run %}"
                          },
                          {
                            "Name": "MILLRACE_PATH",
                            "Value": "{% $states.input.path %}"
                          },
                          {
                            "Name": "MILLRACE_VISIT",
                            "Value": "{% $string($states.input.visit) %}"
                          },
                          {
                            "Name": "MILLRACE_FROM",
                            "Value": "{% $states.input.from %}"
                          },
                          {
                            "Name": "MILLRACE_COUNTS",
                            "Value": "{% $states.input.counts %}"
                          },
                          {
                            "Name": "MILLRACE_RETRY",
                            "Value": "{% $string($states.context.State.RetryCount) %}"
                          },
                          {
                            "Name": "MILLRACE_REDRIVE",
                            "Value": "{% $string($states.context.Execution.RedriveCount) %}"
                          }
                        ]
                      }
                    },
                    "Retry": [
                      {
                        "ErrorEquals": [
                          "Batch.TooManyRequestsException",
                          "Batch.ServerException",
                          "Batch.AWSBatchException",
                          "Batch.SdkClientException"
                        ],
                        "IntervalSeconds": 2,
                        "MaxAttempts": 20,
                        "BackoffRate": 2,
                        "MaxDelaySeconds": 60,
                        "JitterStrategy": "FULL"
                      }
                    ],
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'inner/' & path & '/' & visit, 'counts': counts} %}",
                    "Next": "inner: record"
                  },
                  "inner: record": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::dynamodb:getItem",
                    "Arguments": {
                      "TableName": "${Table}",
                      "Key": {
                        "pk": {
                          "S": "{% $states.input.('${FlowKey}#R#' & $replace(run, '@', '%40') & '#inner#' & ($number($split($split(path, '.')[-1], '~')[0]) % $min([32, $ceil($number($split(counts, '.')[-1]) / 1000)]))) %}"
                        },
                        "sk": {
                          "S": "{% $states.input.(path & '#' & visit) %}"
                        }
                      },
                      "ConsistentRead": true,
                      "ProjectionExpression": "#t, #c",
                      "ExpressionAttributeNames": {
                        "#t": "transition",
                        "#c": "count"
                      }
                    },
                    "Retry": [
                      {
                        "ErrorEquals": [
                          "States.ALL"
                        ],
                        "IntervalSeconds": 2,
                        "MaxAttempts": 20,
                        "BackoffRate": 2,
                        "MaxDelaySeconds": 60,
                        "JitterStrategy": "FULL"
                      }
                    ],
                    "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'counts': counts, 'choice': $number($states.result.Item.transition.N)} %}",
                    "Next": "inner: next"
                  },
                  "inner: next": {
                    "Type": "Choice",
                    "Choices": [
                      {
                        "Condition": "{% $states.input.choice = 0 %}",
                        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from, 'counts': counts} %}",
                        "Next": "inner"
                      },
                      {
                        "Condition": "{% $states.input.choice = 1 %}",
                        "Next": "inner: done"
                      }
                    ]
                  },
                  "inner: done": {
                    "Type": "Succeed",
                    "Output": 0
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
      "name": "outerJob",
      "kind": "job",
      "step": "outer"
    },
    {
      "name": "outerQueue",
      "kind": "queue",
      "step": "outer"
    },
    {
      "name": "innerJob",
      "kind": "job",
      "step": "inner"
    },
    {
      "name": "innerQueue",
      "kind": "queue",
      "step": "inner"
    },
    {
      "name": "FlowKey",
      "kind": "flow"
    },
    {
      "name": "Table",
      "kind": "table"
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
